//! The storage seam: four small operations that any database offers, and what they answer.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// One stored value.
///
/// `Debug` leaves the key and the value out: they hold references and amounts.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Printable text, `kind:rest`.
    pub key: String,
    /// 1 when it is stored first, one more with every change. It never repeats for a key.
    pub version: i64,
    /// JSON that a person can read.
    pub value: String,
    /// When somebody has to look at it again, by the store's clock.
    pub due: Option<SystemTime>,
}

/// The answer of [`Store::load`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// `None` where nothing has this key.
    pub row: Option<Row>,
    /// The store's own time. Clocks of two machines are never compared.
    pub now: SystemTime,
}

/// A change that is made only where the row still has the version that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Put {
    /// The row.
    pub key: String,
    /// The version that it has to have; 0 where it must not be there.
    pub expected: i64,
    /// The new value.
    pub value: String,
    /// How long after the store's own time it is due; `None` where it is never due.
    pub due_in: Option<Duration>,
}

/// Rows that are due by the store's own time, the earliest first.
#[derive(Clone, PartialEq, Eq)]
pub struct Scan {
    /// What their keys begin with.
    pub prefix: String,
    /// Go on behind this place.
    pub after: Option<Place>,
    /// The most rows of the answer.
    pub limit: u32,
}

/// A place in the order of due rows: by time, then by key in the order of its bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the row is due.
    pub due: SystemTime,
    /// Its key.
    pub key: String,
}

/// The answer of [`Store::scan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The rows; fewer than the limit where there are no more.
    pub rows: Vec<Row>,
    /// The store's own time.
    pub now: SystemTime,
}

/// Where intents, events and the shared token are stored: a database behind three operations.
///
/// Write `async fn` in an implementation. Every operation that changes something returns only when
/// the change survives a power failure, and one of those that race for a version wins. The crate
/// `sanspay-store` has them for `SQLite`, redb, `PostgreSQL` and Redis;
/// [`MemoryStore`](super::MemoryStore) is for tests, and `store_conformance!` of
/// `sanspay-testkit` tries one of yours.
pub trait Store: Send + Sync {
    /// The row of a key, and the store's time.
    ///
    /// # Errors
    /// When it cannot be read.
    fn load(&self, key: &str) -> impl Future<Output = Result<Loaded, StoreError>> + Send;

    /// Stores a value where the row still has the expected version; `false` where it has not.
    ///
    /// # Errors
    /// [`StoreError::not_stored`] only where that is certain; otherwise
    /// [`StoreError::maybe_stored`], and the caller loads the row to find out.
    fn store_if(&self, put: &Put) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The rows that are due.
    ///
    /// # Errors
    /// When they cannot be read.
    fn scan(&self, scan: &Scan) -> impl Future<Output = Result<Scanned, StoreError>> + Send;
}

/// [`Store`] for a blocking client: the same three operations without futures.
pub trait BlockingStore {
    /// See [`Store::load`].
    ///
    /// # Errors
    /// When it cannot be read.
    fn load(&self, key: &str) -> Result<Loaded, StoreError>;

    /// See [`Store::store_if`].
    ///
    /// # Errors
    /// Those of [`Store::store_if`].
    fn store_if(&self, put: &Put) -> Result<bool, StoreError>;

    /// See [`Store::scan`].
    ///
    /// # Errors
    /// When they cannot be read.
    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError>;
}

/// Why a store did not do what it was asked, and whether it may have done it all the same.
#[derive(Clone)]
pub struct StoreError {
    source: Arc<dyn StdError + Send + Sync>,
    maybe_stored: bool,
}

impl StoreError {
    /// Nothing was stored, and that is certain: the database refused it, or was never reached.
    pub fn not_stored(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into().into();
        Self {
            source,
            maybe_stored: false,
        }
    }

    /// It may have been stored: the answer was lost, or came too late.
    pub fn maybe_stored(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into().into();
        Self {
            source,
            maybe_stored: true,
        }
    }

    /// Whether it may have been stored.
    pub fn may_have_been_stored(&self) -> bool {
        self.maybe_stored
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.maybe_stored {
            "the store may have stored it and did not say so"
        } else {
            "the store stored nothing"
        };
        write!(f, "{what}: {}", self.source)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreError")
            .field("maybe_stored", &self.maybe_stored)
            .field("source", &self.source)
            .finish()
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// What a machine asks of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum StoreOp {
    /// [`Store::load`] of this key.
    Load(String),
    /// [`Store::store_if`].
    StoreIf(Put),
    /// [`Store::scan`].
    Scan(Scan),
}

/// What the store answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAnswer {
    /// To [`StoreOp::Load`].
    Loaded(Loaded),
    /// To [`StoreOp::StoreIf`].
    Stored(bool),
    /// To [`StoreOp::Scan`].
    Scanned(Scanned),
}

impl StoreOp {
    /// Asks an asynchronous store.
    ///
    /// # Errors
    /// Those of the operation.
    pub async fn ask(&self, store: &impl Store) -> Result<StoreAnswer, StoreError> {
        Ok(match self {
            Self::Load(key) => StoreAnswer::Loaded(store.load(key).await?),
            Self::StoreIf(put) => StoreAnswer::Stored(store.store_if(put).await?),
            Self::Scan(scan) => StoreAnswer::Scanned(store.scan(scan).await?),
        })
    }

    /// Asks a blocking store.
    ///
    /// # Errors
    /// Those of the operation.
    pub fn ask_blocking(
        &self,
        store: &(impl BlockingStore + ?Sized),
    ) -> Result<StoreAnswer, StoreError> {
        Ok(match self {
            Self::Load(key) => StoreAnswer::Loaded(store.load(key)?),
            Self::StoreIf(put) => StoreAnswer::Stored(store.store_if(put)?),
            Self::Scan(scan) => StoreAnswer::Scanned(store.scan(scan)?),
        })
    }
}

impl<S: Store> Store for &S {
    async fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        S::load(self, key).await
    }

    async fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        S::store_if(self, put).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        S::scan(self, scan).await
    }
}

impl<S: Store> Store for Arc<S> {
    async fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        S::load(self, key).await
    }

    async fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        S::store_if(self, put).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        S::scan(self, scan).await
    }
}

impl<S: BlockingStore + ?Sized> BlockingStore for &S {
    fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        S::load(self, key)
    }

    fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        S::store_if(self, put)
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        S::scan(self, scan)
    }
}

impl<S: BlockingStore + ?Sized> BlockingStore for Arc<S> {
    fn load(&self, key: &str) -> Result<Loaded, StoreError> {
        S::load(self, key)
    }

    fn store_if(&self, put: &Put) -> Result<bool, StoreError> {
        S::store_if(self, put)
    }

    fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
        S::scan(self, scan)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("version", &self.version)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put")
            .field("expected", &self.expected)
            .field("due_in", &self.due_in)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("prefix", &self.prefix)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}
