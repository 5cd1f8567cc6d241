use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::hash::sha256;

fn canonical(json: &str) -> Result<String, Error> {
    super::canonical(json.as_bytes())
}

/// The inputs and outputs that RFC 8785 is tested with everywhere: its reference test data.
#[test]
fn the_reference_data_has_its_canonical_form() {
    let cases = [
        (
            "[\n  56,\n  {\n    \"d\": true,\n    \"10\": null,\n    \"1\": [ ]\n  }\n]\n",
            r#"[56,{"1":[],"10":null,"d":true}]"#,
        ),
        (
            r#"{"peach": "This sorting order", "péché": "is wrong according to French",
                "pêche": "but canonicalization MUST", "sin":   "ignore locale"}"#,
            r#"{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ignore locale"}"#,
        ),
        (
            r#"{"1": {"f": {"f": "hi","F": 5} ,"\n": 56.0}, "10": { }, "": "empty", "a": { },
                "111": [ {"e": "yes","E": "no" } ], "A": { }}"#,
            r#"{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}"#,
        ),
        (r#"{"Unnormalized Unicode":"A\u030a"}"#, "{\"Unnormalized Unicode\":\"A\u{30a}\"}"),
        (
            r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#,
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#,
        ),
        (
            r#"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\u000a": "Newline", "1": "One",
                "\u0080": "Control\u007f", "\ud83d\ude02": "Smiley", "\u00f6": "Latin Small Letter O With Diaeresis",
                "\ufb33": "Hebrew Letter Dalet With Dagesh", "</script>": "Browser Challenge"}"#,
            "{\"\\n\":\"Newline\",\"\\r\":\"Carriage Return\",\"1\":\"One\",\"</script>\":\"Browser Challenge\",\
            \"\u{80}\":\"Control\u{7f}\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\
            \"😂\":\"Smiley\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}",
        ),
    ];
    for (input, output) in cases {
        assert_eq!(canonical(input).unwrap(), output);
        assert_eq!(canonical(output).unwrap(), output);
    }
}

/// RFC 8785, appendix B.
#[test]
fn the_numbers_of_the_standard_are_written_as_it_has_them() {
    let cases: [(u64, &str); 24] = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];
    for (bits, text) in cases {
        assert_eq!(Json::Number(f64::from_bits(bits)).to_string(), text);
        assert_eq!(canonical(text).unwrap(), text);
    }
}

/// Two thousand successive floats and those that a chain of SHA-256 consists of, by the hash of their texts.
/// The hash is what an ECMAScript engine gives, whose `String(number)` the standard prescribes.
#[test]
fn a_hundred_thousand_numbers_are_written_as_ecmascript_does() {
    let mut block = [0; 32];
    let chained = std::iter::from_fn(move || {
        block = *sha256(&[&block]).as_bytes();
        Some(block.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect::<Vec<_>>())
    });
    let chained = chained.flatten().filter(|bits| {
        let value = f64::from_bits(*bits);
        value != 0.0 && value.is_finite()
    });
    let mut lines = String::new();
    let serial = (0..2000).map(|more| 0x0010_0000_0000_0000 + more);
    for bits in serial.chain(chained).take(100_000) {
        let text = Json::Number(f64::from_bits(bits)).to_string();
        assert_eq!(canonical(&text).unwrap(), text);
        lines.push_str(&format!("{bits:x},{text}\n"));
    }
    let expected = "2afd8d49ec3b2f3e295170bb7709e24e162757137b91446555d5ecf8adf5be36";
    assert_eq!(sha256(&[lines.as_bytes()]).to_hex(), expected);
}

#[test]
fn what_has_no_canonical_form_is_refused_with_its_place() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let cases = [
        (r#"{"a":1,"b":2,"\u0061":3,"b":4}"#, 13, Problem::Duplicate),
        (r#"[{"a":{"":1,"":2}}]"#, 12, Problem::Duplicate),
        (r#"["\ud800"]"#, 2, Problem::Surrogate),
        (r#"["\ud800\u0041"]"#, 2, Problem::Surrogate),
        (r#"["\ud800\ud800"]"#, 2, Problem::Surrogate),
        (r#"["a\udc00"]"#, 3, Problem::Surrogate),
        (r#"["\udc00\ud800"]"#, 2, Problem::Surrogate),
        ("[1e309]", 1, Problem::TooLarge),
        ("[-1e309]", 1, Problem::TooLarge),
        ("[9007199254740993]", 1, Problem::Rounded),
        ("[-9007199254740993]", 1, Problem::Rounded),
        ("[18446744073709551615]", 1, Problem::Rounded),
        ("", 0, Problem::Syntax),
        (" ", 1, Problem::Syntax),
        ("1 2", 2, Problem::Syntax),
        ("[1,]", 3, Problem::Syntax),
        ("[1", 2, Problem::Syntax),
        ("{\"a\"}", 4, Problem::Syntax),
        ("{\"a\":1,}", 7, Problem::Syntax),
        ("{a:1}", 1, Problem::Syntax),
        ("'a'", 0, Problem::Syntax),
        ("\"a", 2, Problem::Syntax),
        ("\"a\nb\"", 2, Problem::Syntax),
        ("\"\\x\"", 2, Problem::Syntax),
        ("\"\\u12g4\"", 5, Problem::Syntax),
        ("\"\\u+123\"", 3, Problem::Syntax),
        ("NaN", 0, Problem::Syntax),
        ("Infinity", 0, Problem::Syntax),
        ("-Infinity", 1, Problem::Syntax),
        ("nul", 0, Problem::Syntax),
        ("01", 1, Problem::Syntax),
        ("-", 1, Problem::Syntax),
        ("+1", 0, Problem::Syntax),
        (".5", 0, Problem::Syntax),
        ("1.", 2, Problem::Syntax),
        ("1e", 2, Problem::Syntax),
        ("\u{feff}1", 0, Problem::Syntax),
        ("1\u{a0}", 1, Problem::Syntax),
        (&deep(129), 128, Problem::TooDeep),
    ];
    for (json, offset, problem) in cases {
        assert_eq!(canonical(json), Err(Error { offset, problem }), "{json}");
    }
    assert_eq!(super::canonical(b"\"\xff\""), Err(Error { offset: 1, problem: Problem::Utf8 }));
    assert_eq!(super::canonical(b"\"\xed\xa0\x80\""), Err(Error { offset: 1, problem: Problem::Utf8 }));
    assert_eq!(canonical(&deep(128)).unwrap(), deep(128));
    assert_eq!(canonical("-0").unwrap(), "0");
    assert_eq!(canonical("[1e-400,9007199254740992]").unwrap(), "[0,9007199254740992]");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53)..1 << 53).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Equal but for how numbers are typed, and how exactly `serde_json` reads them.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            one == other || ((one - other) / one).abs() < 1e-15
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

proptest! {
    #[test]
    fn the_canonical_form_says_the_same_and_is_its_own(value in any_json()) {
        let written = serde_json::to_string_pretty(&value).unwrap();
        let form = canonical(&written).unwrap();
        prop_assert_eq!(&canonical(&form).unwrap(), &form);
        prop_assert_eq!(&canonical(&value.to_string()).unwrap(), &form);
        prop_assert!(same(&value, &serde_json::from_str(&form).unwrap()), "{} {}", value, form);
    }

    #[test]
    fn what_is_taken_is_json(text in "[\\[\\]{}\",:0-9eE.+\\-\\\\untrfalsud ]{0,30}") {
        if canonical(&text).is_ok() {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn reading_is_total(bytes: Vec<u8>, json in any_json(), place: prop::sample::Index, byte: u8) {
        let _ = super::canonical(&bytes);
        let mut json = json.to_string().into_bytes();
        let place = place.index(json.len());
        json[place] = byte;
        let _ = super::canonical(&json);
    }
}
