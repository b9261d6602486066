//! Races that a row's single try would hardly meet.
