//! yzhan pay hosted checkout: a signed URL out, notification and browser return in.

mod php;
mod sign;

pub use php::php_query;
pub use sign::{Signature, SigningKey, signed_text};
