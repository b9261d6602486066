//! An alert that a server sends with its own keys, at a time when its library would not.

use rustls::crypto::cipher::{Iv, MessageEncrypter, OutboundChunks, OutboundPlainMessage};
use rustls::{
    AlertDescription, ConnectionTrafficSecrets, ContentType, ProtocolVersion, ServerConnection,
    SupportedCipherSuite,
};

/// The level of an alert that ends a connection.
const FATAL: u8 = 2;

/// The record with the alert. The connection is of no use afterwards.
pub(crate) fn record(conn: ServerConnection, alert: AlertDescription) -> Vec<u8> {
    let suite = conn.negotiated_cipher_suite().unwrap();
    let (sequence, secrets) = conn.dangerous_extract_secrets().unwrap().tx;
    let ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } = secrets else {
        panic!("the servers offer nothing but ChaCha20-Poly1305");
    };
    let mut encrypter: Box<dyn MessageEncrypter> = match suite {
        SupportedCipherSuite::Tls12(suite) => suite.aead_alg.encrypter(key, iv.as_ref(), &[]),
        SupportedCipherSuite::Tls13(suite) => suite.aead_alg.encrypter(key, Iv::copy(iv.as_ref())),
    };
    let message = OutboundPlainMessage {
        typ: ContentType::Alert,
        version: ProtocolVersion::TLSv1_2,
        payload: OutboundChunks::Single(&[FATAL, alert.into()]),
    };
    encrypter.encrypt(message, sequence).unwrap().encode()
}
