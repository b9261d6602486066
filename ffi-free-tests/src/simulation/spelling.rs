//! The spelling between a process and the provider: every fourth seed has one that differs in
//! everything. The network in between, its faults and all checks are written in the assumed form.

use http::{Request, Response};
use sanspay_core::Wire;
use sanspay_core::partner::UnconfirmedEvent;
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};

use crate::profiles;

/// How the clients of a case are spoken to.
pub(super) struct Spelling {
    wire: Wire,
    provider: Sandbox,
}

impl Spelling {
    /// The spelling of a seed; `None` for the assumed one.
    pub(super) fn of(seed: u64) -> Option<Self> {
        let providers = profiles::all();
        let place = usize::try_from(seed / 4).unwrap_or_default() % providers.len().max(1);
        let provider = providers.get(place).filter(|_| seed % 4 == 3)?;
        let mut config = SandboxConfig::default();
        config.partner.wire = provider.wire().clone();
        Some(Self {
            wire: provider.wire().clone(),
            provider: Sandbox::new(config),
        })
    }

    pub(super) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// A client's request in the assumed form.
    pub(super) fn request(&self, request: &Request<Vec<u8>>) -> Request<Vec<u8>> {
        self.provider.in_assumed_form(request)
    }

    /// The answer to a request, both in the assumed form, as the client has to read it.
    pub(super) fn answer(
        &self,
        request: &Request<Vec<u8>>,
        answer: Response<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        self.provider.in_own_form(request, answer)
    }

    /// A webhook of the assumed form as the client reads it.
    pub(super) fn event(&self, body: &[u8]) -> Result<UnconfirmedEvent, sanspay_core::Error> {
        let body = self.provider.webhook_in_own_form(body);
        UnconfirmedEvent::parse(&body, &self.wire)
    }
}
