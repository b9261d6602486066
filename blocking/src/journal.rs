//! The journal in a file: one line of JSON for each entry, written through to the disk.

use std::error::Error as StdError;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sanspay_core::journal::{
    Begin, Damaged, End, Entries, Entry, Journal, OrderUpdate, Outcome, Unwritable,
};
use sanspay_core::{Intent, UnknownOutcome};

/// A [`Journal`] in a file that survives the death of the process and of the machine.
///
/// Each entry is one line of JSON with a checksum, appended and written through to the disk
/// (`fdatasync`) before the method returns, so that an intent is durable before its request is
/// sent. Opening it recovers from a line that a crash has torn, and refuses a file in which a
/// whole line is damaged. One process at a time has it open; threads share it behind a mutex.
///
/// The file holds references, order numbers and times, and no secret.
///
/// ```
/// use std::sync::Mutex;
/// use sanspay_blocking::{Client, FileJournal};
/// use sanspay_core::journal::{Begin, End, Journal, Outcome};
/// use sanspay_core::partner::NewPayout;
/// use sanspay_core::{Currency, Endpoint};
///
/// type Failed = Box<dyn std::error::Error>;
///
/// /// Pays out once, whatever happens in between; `None` when it has to be asked for again.
/// fn pay_out(
///     client: &Client,
///     journal: &Mutex<FileJournal>,
///     payout: &NewPayout,
/// ) -> Result<Option<Outcome>, Failed> {
///     let journal = || journal.lock().map_err(|_| "another thread panicked");
///     let intent = payout.intent().ok_or("a payout has an intent")?;
///     loop {
///         let sent_by = client.now() + client.session().settings().deadline;
///         let begin = journal()?.begin(&intent, sent_by)?; // the lock is free again
///         let (outcome, attempt) = match begin {
///             Begin::Executed(id) => return Ok(Some(Outcome::Executed(id))),
///             // Nothing is sent after `sent_by`, also where this process is suspended here.
///             Begin::Send => (Outcome::of(&client.call_send_by(sent_by, payout)), sent_by),
///             Begin::LookUp(unknown) => {
///                 (Outcome::of_lookup(&client.resolve(&unknown)), unknown.sent_at())
///             }
///             Begin::Conflict(differences) => return Err(format!("{differences:?}").into()),
///         };
///         let Some(outcome) = outcome else { return Ok(None) };
///         if journal()?.end(&intent, attempt, outcome)? == End::Late {
///             eprintln!("an attempt came late: look both up");
///         }
///         if attempt == sent_by || outcome != Outcome::NotExecuted {
///             return Ok(Some(outcome));
///         }
///     }
/// }
///
/// # fn main() -> Result<(), Failed> {
/// # let sandbox = Mutex::new(sanspay_testkit::sandbox::Sandbox::new(Default::default()));
/// # let client = Client::builder()
/// #     .base_url("https://api.example.com")
/// #     .credentials("sandbox-key-id", "sandbox-key-secret")
/// #     .transport(move |request| {
/// #         let mut sandbox = sandbox.lock().unwrap_or_else(|e| e.into_inner());
/// #         Ok(sandbox.handle(&request, std::time::SystemTime::now()))
/// #     })
/// #     .build()?;
/// # let path = std::env::temp_dir().join(format!("sanspay-doc-{}.journal", std::process::id()));
/// let journal = Mutex::new(FileJournal::open(&path)?);
/// let payout = NewPayout::new("salary-7", "1500.00".parse()?, Currency::EUR, "DE00");
/// let paid = pay_out(&client, &journal, &payout)?;
/// assert!(matches!(paid, Some(Outcome::Executed(_))));
/// drop(journal);
///
/// // After a restart: what is open is looked up, what was executed is not sent again.
/// let journal = Mutex::new(FileJournal::open(&path)?);
/// for unknown in journal.lock().map_err(|_| "poisoned")?.open()? {
///     println!("{} has to be looked up", unknown.reference());
/// }
/// assert_eq!(pay_out(&client, &journal, &payout)?, paid);
/// # drop(journal);
/// # std::fs::remove_file(&path)?;
/// # std::fs::remove_file(path.with_extension("journal.lock"))?;
/// # Ok(())
/// # }
/// ```
pub struct FileJournal {
    path: PathBuf,
    file: File,
    entries: Entries,
    /// Writing failed: what the file holds is not known before it is read again.
    failed: bool,
    /// Held as long as the journal is open, and never replaced as the journal's own file is.
    _lock: File,
}

impl FileJournal {
    /// Opens the journal, or creates it. Beside it lies a file for the lock, with `.lock` at the
    /// end of its name.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has it open, [`JournalError::Damaged`] when
    /// a whole line is not what was written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        // One journal under two names has one lock, and what replaces it replaces no mere link.
        append_to(path.as_ref())?;
        let path = fs::canonicalize(path)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let lock = options.open(beside(&path, ".lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::Locked,
            TryLockError::Error(error) => JournalError::Io(error),
        })?;
        let file = append_to(&path)?;
        let bytes = fs::read(&path)?;
        let (entries, whole) = Entries::read(&bytes)?;
        if whole < bytes.len() {
            file.set_len(whole as u64)?;
        }
        file.sync_all()?;
        sync_directory(&path)?;
        Ok(Self {
            path,
            file,
            entries,
            failed: false,
            _lock: lock,
        })
    }

    /// Writes the file anew with the fewest lines that say the same: what was executed and every
    /// dedup key stay, so that nothing is done twice.
    ///
    /// # Errors
    /// When the new file could not be written; the old one then stays.
    pub fn compact(&mut self) -> Result<(), JournalError> {
        self.check()?;
        let new = beside(&self.path, ".new");
        let mut lines = Vec::new();
        for entry in self.entries.compact() {
            lines.extend(entry.to_line()?);
        }
        let mut file = File::create(&new)?;
        // Who may read the journal is the operator's decision.
        file.set_permissions(self.file.metadata()?.permissions())?;
        file.write_all(&lines)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        // From here on the old file is gone, and only the new one may be appended to.
        self.failed = true;
        sync_directory(&self.path)?;
        self.file = append_to(&self.path)?;
        self.failed = false;
        Ok(())
    }

    /// Appends an entry, and returns when it is on the disk; whether there was one.
    fn store(&mut self, entry: Option<Entry>) -> Result<bool, JournalError> {
        let Some(entry) = entry else {
            return Ok(false);
        };
        let line = entry.to_line()?;
        self.check()?;
        // After a failure a part of the line may be there, or all of it, but not on the disk.
        self.failed = true;
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        self.failed = false;
        self.entries.apply(&entry);
        Ok(true)
    }

    fn check(&self) -> Result<(), JournalError> {
        if self.failed {
            Err(JournalError::Failed)
        } else {
            Ok(())
        }
    }
}

impl Journal for FileJournal {
    type Error = JournalError;

    fn begin(&mut self, intent: &Intent, sent_by: SystemTime) -> Result<Begin, JournalError> {
        let (begin, entry) = self.entries.begin(intent, sent_by);
        self.store(entry)?;
        Ok(begin)
    }

    fn end(
        &mut self,
        intent: &Intent,
        sent_by: SystemTime,
        outcome: Outcome,
    ) -> Result<End, JournalError> {
        let (end, entry) = self.entries.end(intent, sent_by, outcome);
        self.store(entry)?;
        Ok(end)
    }

    fn open(&self) -> Result<Vec<UnknownOutcome>, JournalError> {
        Ok(self.entries.open().collect())
    }

    fn commit(&mut self, update: &OrderUpdate) -> Result<bool, JournalError> {
        let entry = self.entries.commit(update);
        self.store(entry)
    }

    fn order_status(&self, order: &str) -> Result<Option<String>, JournalError> {
        Ok(self.entries.order_status(order).map(str::to_owned))
    }
}

impl fmt::Debug for FileJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileJournal")
            .field("path", &self.path)
            .field("entries", &self.entries)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Makes a new name in the directory durable. Elsewhere than on Unix a directory cannot be opened.
fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    if cfg!(unix) {
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// Why a [`FileJournal`] could not be opened, read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournalError {
    /// The file system refused.
    Io(io::Error),
    /// Another process has the journal open.
    Locked,
    /// A whole line is not what was written. Going on without it could pay twice, so look at it
    /// before you take it out by hand.
    Damaged(Damaged),
    /// The entry has no form as a line.
    Unwritable(Unwritable),
    /// An entry could not be written before, so what the file holds is not known. Open it anew.
    Failed,
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(_) => f.write_str("the journal could not be read or written"),
            Self::Locked => f.write_str("another process has the journal open"),
            Self::Damaged(damaged) => damaged.fmt(f),
            Self::Unwritable(unwritable) => unwritable.fmt(f),
            Self::Failed => f.write_str("writing the journal failed before: open it anew"),
        }
    }
}

impl StdError for JournalError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Damaged> for JournalError {
    fn from(damaged: Damaged) -> Self {
        Self::Damaged(damaged)
    }
}

impl From<Unwritable> for JournalError {
    fn from(unwritable: Unwritable) -> Self {
        Self::Unwritable(unwritable)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failed_write_nothing_is_stored_until_it_is_opened_anew() {
        let name = format!("sanspay-journal-failed-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut journal = FileJournal::open(&path).unwrap();
        let intent = |number| Intent::new("payout", format!("p-{number}"));
        let begin = |journal: &mut FileJournal, number| {
            journal.begin(&intent(number), SystemTime::UNIX_EPOCH)
        };
        assert_eq!(begin(&mut journal, 1).unwrap(), Begin::Send);
        // The file cannot be written any more, and then it can again.
        let writable = std::mem::replace(&mut journal.file, File::open(&path).unwrap());
        assert!(matches!(begin(&mut journal, 2), Err(JournalError::Io(_))));
        journal.file = writable;
        assert!(matches!(begin(&mut journal, 2), Err(JournalError::Failed)));
        assert!(matches!(journal.compact(), Err(JournalError::Failed)));
        drop(journal);
        let mut journal = FileJournal::open(&path).unwrap();
        assert_eq!(journal.open().unwrap().len(), 1);
        assert_eq!(begin(&mut journal, 2).unwrap(), Begin::Send);
        drop(journal);
        fs::remove_file(&path).unwrap();
        fs::remove_file(beside(&path, ".lock")).unwrap();
    }
}
