//! Work that takes long, off the threads on which everything else waits.

/// Runs `work` on a thread where it may take as long as it takes.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and this caller with it.
            Err(_) => std::future::pending().await,
        },
    }
}
