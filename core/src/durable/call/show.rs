//! How a call and its steps are printed: without what is paid to whom.

use std::fmt;

use super::{DurableCall, DurableStep};
use crate::endpoint::Endpoint;
use crate::partner::Record;

impl<E: Endpoint<Output = Record>> fmt::Debug for DurableCall<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableCall")
            .field("intent", &self.intent)
            .finish_non_exhaustive()
    }
}

impl<E: Endpoint> fmt::Debug for DurableStep<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(op) => write!(f, "Store({op:?})"),
            Self::Call(exchange) => write!(f, "Call({exchange:?})"),
            Self::LookUp(exchange) => write!(f, "LookUp({exchange:?})"),
            Self::Wait(delay) => write!(f, "Wait({delay:?})"),
            Self::Done(outcome) => write!(f, "Done({outcome:?})"),
        }
    }
}
