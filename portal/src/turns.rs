//! Expensive work of one person is done one piece after the other, and little of it waits.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

/// Number of pieces of work of one person that are done or wait for it.
const MOST_WAITING: usize = 8;

/// Queues of the people who have work that is done or waits, by row id of the person.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<BTreeMap<i64, Waiting>>>);

/// A person's queue, and how many are in it.
type Waiting = (Arc<Queue<()>>, usize);

/// A turn. It ends with this value.
pub struct Turn {
    _place: Place,
    _turn: OwnedMutexGuard<()>,
}

/// A place among those who wait.
struct Place {
    turns: Turns,
    person: i64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, places)) = waiting.get_mut(&self.person) {
            *places -= 1;
            if *places == 0 {
                waiting.remove(&self.person);
            }
        }
    }
}

impl Turns {
    /// Waits until no other work of this person is done. `None` when too much waits already: reading more would only fill memory.
    pub(crate) async fn take(&self, person: i64) -> Option<Turn> {
        let (place, queue) = {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let (queue, places) = waiting.entry(person).or_default();
            if *places >= MOST_WAITING {
                return None;
            }
            *places += 1;
            (Place { turns: self.clone(), person }, Arc::clone(queue))
        };
        Some(Turn { _place: place, _turn: queue.lock_owned().await })
    }
}
