//! The keys of domains, unwrapped once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use block_store::{BlockStore, DomainKeys, ObjectName};
use catalog::{DomainRecord, NewDomain, RegionCatalog, WrappedSecret};
use ebs::{AccountId, DomainId, Incarnation, Randomness, RegionName};
use kms::RegionKey;
use zeroize::Zeroizing;

use crate::ServiceError;

/// Domains of a region, with the secrets that were unwrapped so far.
pub(crate) struct Domains {
    region: RegionName,
    key: RegionKey,
    incarnation: Incarnation,
    catalog: Arc<RegionCatalog>,
    store: BlockStore,
    unwrapped: Mutex<HashMap<DomainId, Arc<DomainKeys>>>,
}

const PURPOSE: &str = "domain secret";
/// Segments listed at once when an index is read again.
const SEGMENTS_AT_ONCE: u32 = 500;

impl Domains {
    pub(crate) fn new(
        region: RegionName,
        key: RegionKey,
        incarnation: Incarnation,
        catalog: Arc<RegionCatalog>,
        store: BlockStore,
    ) -> Self {
        Self { region, key, incarnation, catalog, store, unwrapped: Mutex::default() }
    }

    /// The key under which this region's tokens are sealed.
    pub(crate) fn token_key(&self) -> Zeroizing<[u8; 32]> {
        self.key.token_key()
    }

    /// The domain in which the account's snapshots are sealed, made if it is the account's first.
    pub(crate) async fn of_account(
        &self,
        account: AccountId,
        randomness: &dyn Randomness,
    ) -> Result<Arc<DomainKeys>, ServiceError> {
        if let Some(record) = self.catalog.domain_of(account, None).await? {
            return self.unwrap(&record).await;
        }
        let mut secret = Zeroizing::new([0; 32]);
        randomness.fill(&mut secret[..]);
        let wrapped = self.key.wrap(&secret, PURPOSE, &self.context(account), randomness)?;
        let new = NewDomain {
            account,
            kms_key: None,
            generation: 0,
            wrapped_secret: WrappedSecret(Zeroizing::new(wrapped.0)),
        };
        let record = self.catalog.create_domain(&new).await?;
        self.unwrap(&record.ok_or(catalog::CatalogError::Missing { what: "domain" })?).await
    }

    /// The domain of this number.
    pub(crate) async fn of(&self, domain: DomainId) -> Result<Arc<DomainKeys>, ServiceError> {
        if let Some(keys) = self.cached(domain) {
            return Ok(keys);
        }
        let record = self.catalog.domain(domain).await?;
        self.unwrap(&record.ok_or(catalog::CatalogError::Missing { what: "domain" })?).await
    }

    async fn unwrap(&self, record: &DomainRecord) -> Result<Arc<DomainKeys>, ServiceError> {
        if let Some(keys) = self.cached(record.id) {
            return Ok(keys);
        }
        // The object store has each secret too, so that the key and the objects alone are enough to read.
        let name = ObjectName::domain_secret(self.incarnation, record.id);
        let kept = [record.account.to_string().as_bytes(), &record.wrapped_secret.0].concat();
        self.store.put_record(&name, kept).await?;
        let wrapped = kms::WrappedSecret(record.wrapped_secret.0.to_vec());
        let secret = self.key.unwrap(&wrapped, PURPOSE, &self.context(record.account))?;
        let keys = Arc::new(DomainKeys::derive(record.id, &secret));
        let first = self.cache().insert(record.id, Arc::clone(&keys)).is_none();
        if first {
            tokio::spawn(complete_index(Arc::clone(&self.catalog), self.store.clone(), Arc::clone(&keys)));
        }
        Ok(keys)
    }

    fn cached(&self, domain: DomainId) -> Option<Arc<DomainKeys>> {
        self.cache().get(&domain).cloned()
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, HashMap<DomainId, Arc<DomainKeys>>> {
        // Entries are whole between any two calls.
        self.unwrapped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn context(&self, account: AccountId) -> String {
        format!("{}/{account}", self.region)
    }
}

/// Sees to it that the local index has the domain's blocks. Until it is done, content that is there already may be
/// stored again; if it fails, the next start goes about it again.
async fn complete_index(catalog: Arc<RegionCatalog>, store: BlockStore, keys: Arc<DomainKeys>) {
    match read_into_index(&catalog, &store, &keys).await {
        Ok(0) => {}
        Ok(segments) => {
            tracing::info!(domain = ?keys.domain(), segments, "the local index was read again from the segments");
        }
        Err(error) => tracing::warn!(domain = ?keys.domain(), %error, "the local index stays incomplete"),
    }
}

/// Enters all segments of a domain that is not in the local index, and gives how many there were.
async fn read_into_index(
    catalog: &RegionCatalog,
    store: &BlockStore,
    keys: &Arc<DomainKeys>,
) -> Result<usize, ServiceError> {
    if store.has_index_of(keys.domain()).await? {
        return Ok(0);
    }
    let (mut after, mut indexed, mut failure) = (None, 0, None);
    loop {
        let segments = catalog.segments_of_domain(keys.domain(), after, SEGMENTS_AT_ONCE).await?;
        let Some(last) = segments.last() else { break };
        after = Some(last.id);
        for segment in &segments {
            match store.index_segment(keys, segment.id).await {
                Ok(()) => indexed += 1,
                Err(error) => {
                    tracing::warn!(%error, segment = ?segment.id, "a segment could not be indexed");
                    failure = Some(error);
                }
            }
        }
    }
    match failure {
        Some(error) => Err(error.into()),
        None => {
            store.index_is_whole(keys.domain()).await?;
            Ok(indexed)
        }
    }
}
