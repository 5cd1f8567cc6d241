//! What needs no token: the list of routes and the page behind each problem's URI.

use axum::Json;
use axum::response::{Html, IntoResponse, Response};
use contract::ProblemKind;
use domain::Aggregate;
use http::{HeaderMap, Uri};
use serde::Serialize;

use crate::accept::{HTML, JSON, choose};
use crate::refusal::Refusal;
use crate::routes::ROUTES;

#[derive(Serialize)]
struct Index {
    name: &'static str,
    version: &'static str,
    collections: Vec<&'static str>,
    routes: Vec<Route>,
}

#[derive(Serialize)]
struct Route {
    method: &'static str,
    path: &'static str,
    answers: &'static str,
}

#[derive(Serialize)]
struct Explained {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    explanation: &'static str,
}

impl Explained {
    fn new(kind: ProblemKind) -> Self {
        let explanation = kind.explanation().trim();
        Self { r#type: kind.uri(), title: kind.title(), status: kind.status(), explanation }
    }
}

pub(crate) async fn index(headers: HeaderMap) -> Result<Response, Refusal> {
    choose(&headers, &[JSON])?;
    let routes = ROUTES.iter().map(|&(method, path, answers)| Route { method, path, answers }).collect();
    let collections = Aggregate::ALL.map(Aggregate::collection).to_vec();
    let index = Index { name: "Chancery", version: env!("CARGO_PKG_VERSION"), collections, routes };
    Ok(Json(index).into_response())
}

pub(crate) async fn problems(headers: HeaderMap) -> Result<Response, Refusal> {
    choose(&headers, &[JSON])?;
    let all = ProblemKind::ALL.iter().copied().map(Explained::new).collect::<Vec<_>>();
    Ok(Json(all).into_response())
}

pub(crate) async fn problem(uri: Uri, headers: HeaderMap) -> Result<Response, Refusal> {
    let uri = uri.path();
    let kind = ProblemKind::ALL.iter().copied().find(|kind| kind.uri() == uri);
    let kind = kind.ok_or_else(|| {
        Refusal::new(ProblemKind::NotFound, "there is no such problem; GET /problems lists them")
    })?;
    let explained = Explained::new(kind);
    Ok(match choose(&headers, &[JSON, HTML])? {
        HTML => Html(page(&explained)).into_response(),
        _ => Json(explained).into_response(),
    })
}

/// Everything in it is from our own tables: nothing to escape.
fn page(explained: &Explained) -> String {
    let Explained { title, status, explanation, .. } = explained;
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1><p>Status {status}</p><p>{explanation}</p></html>\n"
    )
}
