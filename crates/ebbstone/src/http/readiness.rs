//! Whether the service can do its work at the moment.

use std::time::{Duration, Instant};

use service::{Causes, Service};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// Longest wait for catalogs and stores to answer.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// What was found holds for so long, however often it is asked for.
const HOLDS_FOR: Duration = Duration::from_secs(1);

/// Asks catalogs and stores whether they answer: one question at a time, and not more often than once a second.
#[derive(Default)]
pub(super) struct Readiness {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    found: Option<(Instant, bool)>,
    /// A question that has no answer yet. While it has none, no other is asked.
    asking: Option<JoinHandle<bool>>,
}

impl Readiness {
    /// Whether all catalogs and stores answered within 5 seconds, a second ago at most.
    pub(super) async fn is_ready(&self, service: &Service) -> bool {
        let mut state = self.state.lock().await;
        if let Some((at, ready)) = state.found
            && at.elapsed() < HOLDS_FOR
        {
            return ready;
        }
        let asking = state.asking.get_or_insert_with(|| tokio::spawn(ask(service.clone())));
        let ready = match tokio::time::timeout(WAIT_MAX, asking).await {
            Ok(answered) => {
                state.asking = None;
                answered.unwrap_or(false)
            }
            Err(_) => {
                tracing::warn!("not ready: a catalog or a store does not answer");
                false
            }
        };
        state.found = Some((Instant::now(), ready));
        ready
    }
}

async fn ask(service: Service) -> bool {
    let answered = service.ready().await;
    if let Err(error) = &answered {
        tracing::warn!(error = %Causes(error), "not ready");
    }
    answered.is_ok()
}
