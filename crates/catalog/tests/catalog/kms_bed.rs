//! Keys for the tests of what is kept about them.

use catalog::{KeyRecord, NewKey, NewMaterial, RegionCatalog, WrappedSecret};
use ebs::{AccountId, AliasName, KeyId, MaterialId};

use crate::bed::{NOW, next};

/// More than any of these tests has.
pub(crate) const MANY: u32 = 1_000;

/// Material that no other call gave.
pub(crate) fn material() -> NewMaterial {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&next().to_be_bytes());
    NewMaterial { id: MaterialId(id), wrapped: WrappedSecret(id[..8].to_vec().into()) }
}

/// A key with an id that no other call gave; later ones have higher ids.
pub(crate) fn new_key(account: AccountId) -> NewKey {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&next().to_be_bytes());
    NewKey {
        id: KeyId::from_bytes(id),
        account,
        description: "a key".to_owned(),
        created: NOW,
        policy: "the policy".to_owned(),
        material: material(),
        tags: Vec::new(),
        rotation: None,
    }
}

pub(crate) async fn created(catalog: &RegionCatalog, new: &NewKey) -> KeyRecord {
    catalog.create_key(new, MANY).await.expect("creates");
    catalog.key(new.id).await.expect("reads").expect("is there")
}

pub(crate) fn alias(name: &str) -> AliasName {
    format!("alias/{name}").parse().expect("a name")
}
