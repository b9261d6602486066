//! Which requests get a fault, and how often.

use std::time::Duration;

use http::{Method, Request};

use super::faults::{FAULT_HEADER, Fault, FaultError};

/// Which requests a fault happens to.
///
/// Rules are asked in the order in which they were given. Every latency that applies is added
/// up; of the other faults the first that applies is taken, and the rules behind it wait for
/// another request.
///
/// ```
/// use sanspay_testkit::sandbox::{Fault, FaultRule};
/// // The second and third payment of all are executed without an answer.
/// let rule = FaultRule::new(Fault::LostAnswer)
///     .method(http::Method::POST)
///     .path("/partner/payments")
///     .skip(1)
///     .times(2);
/// # let _ = rule;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    fault: Fault,
    method: Option<Method>,
    path: Option<String>,
    skip: u32,
    times: u32,
}

impl FaultRule {
    /// Happens to the next request, whatever it is.
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            method: None,
            path: None,
            skip: 0,
            times: 1,
        }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only requests for this path; a `*` at its end stands for any rest.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Lets the first `skip` matching requests pass.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Happens to so many requests, and then none any more; [`u32::MAX`] means always.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, request: &Request<Vec<u8>>) -> bool {
        let path = request.uri().path();
        let method_fits = self.method.as_ref().is_none_or(|m| m == request.method());
        let path_fits = self.path.as_ref().is_none_or(|want| {
            want.strip_suffix('*')
                .map_or(want == path, |prefix| path.starts_with(prefix))
        });
        method_fits && path_fits
    }

    /// Counts a matching request, and says whether the fault happens to it.
    fn happens(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if self.times == u32::MAX {
            return true;
        }
        let happens = self.times > 0;
        self.times = self.times.saturating_sub(1);
        happens
    }
}

/// What happens to one request.
#[derive(Default)]
pub(super) struct Fate {
    pub(super) latency: Duration,
    pub(super) fault: Option<Fault>,
}

impl Fate {
    fn suffer(&mut self, fault: &Fault) {
        match fault {
            Fault::Latency(wait) => self.latency = self.latency.saturating_add(*wait),
            other => self.fault = Some(other.clone()),
        }
    }
}

/// The rules that still apply.
#[derive(Clone, Default)]
pub(super) struct Faults(Vec<FaultRule>);

impl Faults {
    pub(super) fn add(&mut self, rule: FaultRule) {
        self.0.push(rule);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What happens to this request, by its own header and by the rules.
    ///
    /// # Errors
    /// When the header names a fault that there is none of.
    pub(super) fn meet(&mut self, request: &Request<Vec<u8>>) -> Result<Fate, FaultError> {
        let mut fate = Fate::default();
        for value in request.headers().get_all(FAULT_HEADER) {
            let text = value.to_str().map_err(|_| FaultError(()))?;
            for part in text.split(',') {
                fate.suffer(&part.parse()?);
            }
        }
        for rule in &mut self.0 {
            let taken = fate.fault.is_some() && !matches!(rule.fault, Fault::Latency(_));
            if !taken && rule.matches(request) && rule.happens() {
                fate.suffer(&rule.fault);
            }
        }
        self.0.retain(|rule| rule.times > 0);
        Ok(fate)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn get(path: &str) -> Request<Vec<u8>> {
        Request::get(path).body(Vec::new()).unwrap()
    }

    fn faults_met(faults: &mut Faults, path: &str, requests: usize) -> Vec<String> {
        (0..requests)
            .map(|_| faults.meet(&get(path)).unwrap().fault)
            .map(|fault: Option<Fault>| fault.map_or("-".into(), |f| f.to_string()))
            .collect()
    }

    #[test]
    fn rules_queue_up_and_each_happens_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults.add(FaultRule::new(Fault::LostAnswer).skip(1).times(2));
        faults.add(FaultRule::new(Fault::Truncated).path("/a*").times(2));
        assert_eq!(
            faults_met(&mut faults, "/a/b", 6),
            [
                "truncated",
                "lost-answer",
                "lost-answer",
                "truncated",
                "-",
                "-"
            ]
        );
        assert_eq!(faults.len(), 0);
    }

    #[test]
    fn rules_leave_other_methods_and_paths_alone() {
        let mut faults = Faults::default();
        faults.add(FaultRule::new(Fault::Truncated).path("/a"));
        faults.add(FaultRule::new(Fault::Truncated).method(Method::POST));
        assert_eq!(faults_met(&mut faults, "/a/b", 2), ["-", "-"]);
        assert_eq!(faults_met(&mut faults, "/a", 2), ["truncated", "-"]);
    }

    #[test]
    fn a_header_faults_its_own_request_and_latencies_add_up() {
        let mut faults = Faults::default();
        faults.add(FaultRule::new(Fault::Latency(Duration::from_millis(5))).times(u32::MAX));
        let mut request = get("/");
        let value = HeaderValue::from_static("latency=250, 503 html");
        request.headers_mut().insert(FAULT_HEADER, value);
        let fate = faults.meet(&request).unwrap();
        assert_eq!(fate.latency, Duration::from_millis(255));
        assert_eq!(fate.fault.unwrap().to_string(), "503 html");
        request
            .headers_mut()
            .insert(FAULT_HEADER, HeaderValue::from_static("5o3"));
        assert!(faults.meet(&request).is_err());
    }
}
