//! Answers that are refusals, unreadable, or about the token.

use super::*;

impl Merchant<'_> {
    /// Refusals whose bodies repeat what was sent, as servers do.
    pub(super) fn refusals(&mut self) {
        let standard = json!({
            "message": "planted.mail@customer.example is taken by PlantedJane",
            "code": "no PlantedJane here",
            "errors": {
                "customer.email": ["planted.mail@customer.example is wrong"],
                "planted.mail@customer.example": ["PlantedDoe"],
            },
        });
        let bodies = [
            standard.to_string(),
            json!(["PlantedJane", {"PlantedDoe": "5550007788"}]).to_string(),
            "<html><title>PlantedJane</title>DE89PLANTED</html>".into(),
            r#"{"message":"PlantedJane"#.into(),
            String::new(),
        ];
        for body in bodies {
            for status in [400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504] {
                let status = StatusCode::from_u16(status).unwrap();
                for path in [PAYMENTS, PAYOUTS] {
                    for _ in 0..2 {
                        self.world
                            .answer_with(Canned::new(path, body.clone()).status(status));
                    }
                }
                self.call(list()).unwrap_err();
                self.call(payout()).unwrap_err();
                self.world.forget_answers();
            }
        }
    }

    /// Successes that hold customer data in the wrong places.
    pub(super) fn unreadable(&mut self) {
        let planted = "PlantedJane planted.mail@customer.example";
        let mut bodies = vec![
            json!(planted).to_string(),
            json!({planted: planted}).to_string(),
            format!("{planted} {{"),
            "PlantedJane ".repeat(2000),
        ];
        for field in [
            "id",
            "type",
            "status",
            "amount",
            "currency",
            "reference",
            "created_at",
        ] {
            for value in [json!(planted), json!([planted]), json!({planted: planted})] {
                let mut record = json!({
                    "id": "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d", "type": "payment",
                    "status": "paid", "amount": "1", "currency": "USD", "unknown": planted,
                    "metadata": {planted: planted}, "checkout_url": planted,
                    "failure_reason": planted,
                });
                record[field] = value;
                bodies.push(record.to_string());
            }
        }
        for body in bodies {
            self.world.answer_with(Canned::new(PAYOUTS, body.clone()));
            if let Ok(record) = self.call(payout()) {
                self.shown.debug(&record);
                let wrong = record.extra_as::<u8>("unknown").unwrap_err();
                self.show_error(&wrong);
            }
            self.world
                .answer_with(Canned::new(PAYMENTS, format!("[{body}]")));
            if let Ok(page) = self.call(list()) {
                self.show_page(&page);
            }
        }
    }

    /// Token answers that are refused or not understood, and hold a token all the same.
    pub(super) fn tokens(&mut self) {
        let token = "PlantedKeySecret";
        for (status, body) in [
            (200, json!({"token": token}).to_string()),
            (200, json!({"access_token": [token]}).to_string()),
            (
                200,
                json!({"access_token": format!("{token}\n")}).to_string(),
            ),
            (
                200,
                json!({"access_token": token, "token_type": token}).to_string(),
            ),
            (
                200,
                json!({"access_token": token, "token_type": token}).to_string(),
            ),
            (200, format!("{{\"access_token\":\"{token}")),
            (
                401,
                json!({"message": format!("{token} is wrong")}).to_string(),
            ),
            (500, format!("<title>{token}</title>")),
        ] {
            self.world.sandbox(|sandbox, _| sandbox.revoke_tokens());
            self.world.advance(Duration::from_secs(7200));
            let status = StatusCode::from_u16(status).unwrap();
            for _ in 0..2 {
                self.world
                    .answer_with(Canned::new(TOKEN, body.clone()).status(status));
            }
            let error = self.call(list()).unwrap_err();
            assert!(error.to_string().contains("fetch token"));
            self.world.forget_answers();
        }
    }
}
