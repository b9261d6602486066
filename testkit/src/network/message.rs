//! HTTP messages as bytes: reading one, and doing damage to one.

use std::io::{self, BufRead};

/// Reads one request or response as it is; bodies have a length.
///
/// # Errors
/// When the connection fails or ends in the middle.
pub fn read_message(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let (mut message, length) = read_head(reader)?;
    let head = message.len();
    message.resize(head + length, 0);
    reader.read_exact(&mut message[head..])?;
    Ok(message)
}

/// Reads a head, and how long the body is that follows.
///
/// # Errors
/// As [`read_message`].
pub fn read_head(reader: &mut impl BufRead) -> io::Result<(Vec<u8>, usize)> {
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let begin = head.len();
        if reader.read_until(b'\n', &mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&head[begin..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if line == "\r\n" {
            return Ok((head, length));
        }
    }
}

/// Where the status stands: after `HTTP/1.1 `.
const STATUS_BEGINS: usize = 9;

/// One thing that happens to bytes on their way, from a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A bit is another one.
    Flip,
    /// A byte is another one.
    Replace,
    /// The end is missing.
    Cut,
    /// A piece is missing.
    Remove,
    /// A piece is there twice.
    Repeat,
    /// Bytes of anybody stand in between.
    Insert,
    /// Everything is bytes of anybody.
    Noise,
    /// A digit of the status is another one.
    Digit,
    /// The status is another one.
    Status,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Flip,
        Self::Replace,
        Self::Cut,
        Self::Remove,
        Self::Repeat,
        Self::Insert,
        Self::Noise,
        Self::Digit,
        Self::Status,
    ];

    /// What one of them, or two, leave of the bytes.
    pub fn some(mut bytes: Vec<u8>, seed: u64) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..random.usize(1..=2) {
            Self::ALL[random.usize(..Self::ALL.len())].apply(&mut bytes, &mut random);
        }
        bytes
    }

    /// What becomes of the bytes.
    pub fn apply(self, bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
        if bytes.is_empty() {
            return;
        }
        // Half of it happens to the head, which is the smaller part.
        let reach = if random.bool() {
            bytes.len().min(64)
        } else {
            bytes.len()
        };
        let at = random.usize(..reach);
        let end = (at + random.usize(1..=24)).min(bytes.len());
        match self {
            Self::Flip => bytes[at] ^= 1 << random.u8(..8),
            Self::Replace => bytes[at] = random.u8(..),
            Self::Cut => bytes.truncate(at),
            Self::Remove => drop(bytes.drain(at..end)),
            Self::Repeat => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            Self::Insert => {
                let noise: Vec<u8> = (at..end).map(|_| random.u8(..)).collect();
                bytes.splice(at..at, noise);
            }
            Self::Noise => bytes.iter_mut().for_each(|byte| *byte = random.u8(..)),
            Self::Digit => {
                let digit = STATUS_BEGINS + random.usize(..3);
                if let Some(byte) = bytes.get_mut(digit) {
                    *byte = random.u8(b'0'..=b'9');
                }
            }
            Self::Status => {
                let status = random.u16(100..=599).to_string();
                if let Some(digits) = bytes.get_mut(STATUS_BEGINS..STATUS_BEGINS + 3) {
                    digits.copy_from_slice(status.as_bytes());
                }
            }
        }
    }
}
