//! Plans of one person are worked out one after the other, and few of them wait.

use crate::access::caller::Caller;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

/// Number of plans of each person that are worked out or wait for it.
const MOST_WAITING: usize = 8;

/// Who has plans that are worked out or wait for it, by person.
#[derive(Default)]
pub(crate) struct Turns(Mutex<BTreeMap<i64, Waiting>>);

/// The queue of a person's plans, and how many are in it.
type Waiting = (Arc<Queue<()>>, usize);

/// The turn to work a plan out. It ends with this value.
pub struct Turn {
    _place: Place,
    _turn: OwnedMutexGuard<()>,
}

/// A place among those who wait.
struct Place {
    caller: Caller,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.caller.portal().turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        let person = self.caller.person_id();
        if let Some((_, places)) = waiting.get_mut(&person) {
            *places -= 1;
            if *places == 0 {
                waiting.remove(&person);
            }
        }
    }
}

impl Caller {
    /// Waits until no other plan of this person is worked out. `None` when too many wait already: reading another table would only fill memory.
    pub async fn turn_to_plan(&self) -> Option<Turn> {
        let (place, queue) = {
            let mut waiting = self.portal().turns.0.lock().unwrap_or_else(PoisonError::into_inner);
            let (queue, places) = waiting.entry(self.person_id()).or_default();
            if *places >= MOST_WAITING {
                return None;
            }
            *places += 1;
            (Place { caller: self.clone() }, Arc::clone(queue))
        };
        Some(Turn { _place: place, _turn: queue.lock_owned().await })
    }
}
