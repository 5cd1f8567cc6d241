//! What is said and noted, in three languages.

use serde_json::{Value, json};

use super::random::Random;

/// Topics, the busy ones first.
pub(super) const TOPICS: &[&str] = &[
    "trade",
    "security.counterterrorism",
    "investment",
    "trade.agriculture",
    "energy",
    "defence.cooperation",
    "diplomacy",
    "trade.agriculture.oilseeds",
    "mining",
    "energy.renewables",
    "economy.finance",
    "technology.information",
    "migration",
    "climate.finance",
    "education.scholarships",
    "transport.aviation",
    "health.epidemics",
    "consular.visas",
    "security.regional",
    "agriculture.dairy",
    "agriculture.livestock",
    "trade.tariffs",
    "energy.gas",
    "borders.crossings",
    "culture.heritage",
    "science.space",
    "labour.workers",
    "justice.extradition",
    "peace.peacekeeping",
    "environment.water",
    "multilateral.reform",
    "nonproliferation",
    "rights.minorities",
    "aid.relief",
    "industry.textiles",
    "governance.anticorruption",
];

const ENGLISH: &[&str] = &[
    "Cooperation has grown steadily, and both sides have an interest in carrying it further.",
    "Predictable regulation and approvals in time keep the confidence of investors.",
    "The exchange of experts is to be widened, beginning with the coming season.",
    "Market access remains uneven; tariffs on finished goods stand in the way.",
    "The corridor shortens the way of goods to the sea by several days.",
    "Regional peace depends on dialogue that does not break off at the first difficulty.",
    "Remittances of workers abroad support families and the balance of payments alike.",
    "A working group of both ministries reports every quarter on what was agreed.",
    "The delegation raised the delay of permits and asked for a single point of contact.",
    "Floods have shown how much is owed to early warning and to shared data on rivers.",
];

const FRENCH: &[&str] = &[
    "Le Canada et ses partenaires tiennent à des échanges prévisibles et équilibrés.",
    "La délégation a salué les progrès accomplis dans la coopération énergétique.",
    "Les deux parties souhaitent approfondir la concertation sur la sécurité régionale.",
    "Un calendrier de négociation sera proposé avant la fin du trimestre.",
    "La mobilité des étudiants et des chercheurs doit être facilitée.",
];

const URDU: &[&str] = &[
    "پاکستان سرمایہ کاری کا خیرمقدم کرتا ہے۔",
    "دونوں ممالک نے تجارتی تعاون بڑھانے پر اتفاق کیا۔",
    "علاقائی امن کے لیے مذاکرات ناگزیر ہیں۔",
    "زراعت اور توانائی کے شعبوں میں اشتراک پر بات ہوئی۔",
    "وفد نے انسداد دہشت گردی کی کوششوں کو سراہا۔",
];

/// How many references there are: each stands in a few texts only.
pub(super) const REFERENCES: u64 = 20_000;

/// A sentence with its language; one in some carries a reference that is rare.
pub(super) fn sentence(random: &mut Random) -> (String, &'static str) {
    let (sentences, lang) = match random.below(100) {
        0..70 => (ENGLISH, "en"),
        70..85 => (FRENCH, "fr"),
        _ => (URDU, "ur"),
    };
    let text = *random.pick(sentences);
    if random.percent(15) {
        let number = random.below(REFERENCES);
        return (format!("{text} (annex {number:05})"), lang);
    }
    (text.to_owned(), lang)
}

/// A remark of the recorder.
pub(super) fn note(random: &mut Random) -> Value {
    let (text, lang) = sentence(random);
    json!({"text": text, "lang": lang})
}

/// Something that a party said.
pub(super) fn utterance(random: &mut Random, speakers: &[&Value], about: &str) -> Value {
    const ACTS: &[&str] =
        &["state", "emphasise", "commend", "acknowledge", "thank", "welcome", "raise_concern"];
    let (text, lang) = sentence(random);
    json!({
        "speakers": speakers, "act": random.pick(ACTS), "text": text, "lang": lang,
        "about": about.replace(['.', '_'], " "),
    })
}

/// Topics of a record: a main one and some that came up.
pub(super) fn topics(random: &mut Random, main: &str) -> Vec<Value> {
    let mut topics = vec![json!({"code": main, "weight": "main"})];
    for _ in 0..random.below(3) {
        let code = *random.pick(TOPICS);
        if topics.iter().all(|topic| topic["code"] != code) {
            topics.push(json!({"code": code, "weight": "mentioned"}));
        }
    }
    topics
}
