//! Recordings that know every planted text, and what replays them.

use http::{Request, Response};
use sanspay_core::Settings;
use sanspay_core::checkout::SigningKey;
use sanspay_core::partner::ListPayments;
use sanspay_testkit::cassette::{Cassette, Kind, Matching, Recorder, Redaction, Replay};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::world::{Canned, TestClient, World};

use super::search::Shown;

const BODY: &str = r#"{"key_id":"PlantedKeyId","access_token":"PlantedKeySecret","customer":
    {"name":"PlantedJane PlantedDoe","email":"planted.mail@customer.example","phone":"5550007788",
    "iban":"DE89PLANTED"},"beneficiary":"PlantedBeneficiary"}"#;

fn post(path: &str, body: &str) -> Request<Vec<u8>> {
    let request = Request::post(format!(
        "https://api.example.com{path}?email=planted.mail@customer.example"
    ));
    let request = request.header("authorization", "Bearer PlantedKeySecret");
    request.body(body.as_bytes().to_vec()).unwrap()
}

pub(crate) fn show(shown: &mut Shown) {
    let world = World::new(SandboxConfig::default());
    let rules = Redaction::new()
        .secret("PlantedKeySecret")
        .signing_key(SigningKey::new("PlantedSigningKey").unwrap());
    shown.debug(&rules);
    let recorder = Recorder::new("planted", rules.clone());
    let id = recorder.request(&post("/a", BODY), world.now());
    shown.debug(&id);
    let answer = || Response::new(BODY.as_bytes().to_vec());
    recorder.outcome(id, &Ok(answer()), world.now());
    let _ = recorder.delivery(Kind::Webhook, &post("/hooks", BODY), world.now());
    let _ = recorder.request(&post("/b", "{}"), world.now());
    shown.debug(&recorder);
    let cassette = recorder.cassette().unwrap();
    shown.debug(&cassette);
    shown.debug(&cassette.interactions()[1]);
    shown.debug(&cassette.interactions()[1].kind());
    shown.debug(&cassette.interactions()[2].failure().unwrap());
    shown.both(&cassette.to_json());
    shown.error(
        &Recorder::new("PlantedKeySecret", rules)
            .cassette()
            .unwrap_err(),
    );
    for broken in [
        BODY,
        "PlantedJane",
        r#"{"sanspay_cassette":1,"PlantedJane":"PlantedDoe"}"#,
    ] {
        shown.error(&Cassette::from_json("a.json", broken).unwrap_err());
    }
    let matching = Matching::new().header("authorization");
    shown.debug(&matching);
    replay(shown, &Replay::new(cassette).matching(matching));
    in_the_world(shown);
}

fn replay(shown: &mut Shown, replay: &Replay) {
    shown.debug(replay);
    let longer = BODY.replace(
        "\"key_id\"",
        "\"extra\":{\"name\":\"PlantedDoe\"},\"key_id\"",
    );
    shown.error(&replay.take(&post("/a", &longer)).unwrap_err());
    shown.error(&replay.answer(&post("/a", &longer)).unwrap_err());
    shown.debug(&replay.take(&post("/a", BODY)).unwrap());
    shown.debug(&replay.next_delivery().unwrap());
    shown.error(&replay.finish().unwrap_err());
}

fn in_the_world(shown: &mut Shown) {
    let world = World::new(SandboxConfig::default());
    let client: TestClient = world.client(Settings::default()).unwrap();
    shown.debug(&client);
    let pages = client.pages(ListPayments::new());
    shown.debug(&pages);
    shown.debug(&Canned::new("/x", BODY).header("set-cookie", "PlantedKeySecret"));
    assert_eq!(pages.count(), 0);
    shown.both(&world.trace());
    shown.both(&world.trace().events()[0]);
    if let sanspay_testkit::world::Event::Request { end, .. } = &world.trace().events()[0] {
        shown.debug(&end.unwrap());
    }
}
