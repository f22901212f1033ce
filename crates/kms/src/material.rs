//! The secrets of KMS keys, and what is wrapped under them.

use ebs::{AccountId, KeyArn, KeyId, MaterialId, Randomness, RegionName};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::wrapping::{self, WrappedSecret};
use crate::{KeyError, RegionKey};

const ID_CONTEXT: &str = "ebbstone kms key: material id, v1";
const WRAP_CONTEXT: &str = "ebbstone kms key: wrap secrets, v1";
const CUSTOMER_CONTEXT: &str = "ebbstone kms key: customer data, v1";
const MATERIAL_PURPOSE: &str = "kms key material";
const DOMAIN_PURPOSE: &str = "domain secret";

/// One secret of a KMS key: 256 random bits, wiped when dropped, never printed.
///
/// What clients encrypt and what the service wraps are under keys derived apart from each other, so that nothing
/// that was wrapped here can be had by a request to decrypt it, nor the other way round.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct KeyMaterial([u8; 32]);

/// What the secret of a domain belongs to. All of it must be given again to unwrap the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainScope<'a> {
    /// The region of the domain, which is the key's too.
    pub region: &'a RegionName,
    /// The account whose domain it is, which may be another than the key's.
    pub account: AccountId,
    /// The key of the domain.
    pub key: KeyId,
    /// Which of the domains of this account and key, from 0.
    pub generation: u64,
}

impl KeyMaterial {
    /// A new secret.
    pub fn draw(randomness: &dyn Randomness) -> Self {
        let mut material = Self([0; 32]);
        randomness.fill(&mut material.0);
        material
    }

    /// The id of this secret, which no other has: whatever names the id can be opened under this one only.
    pub fn id(&self) -> MaterialId {
        MaterialId(blake3::derive_key(ID_CONTEXT, &self.0))
    }

    /// The secret of the domain `scope`, wrapped under this one.
    ///
    /// # Errors
    /// [`KeyError::CryptographyFailed`] if the library does.
    pub fn wrap_domain_secret(
        &self,
        secret: &[u8; 32],
        scope: &DomainScope<'_>,
        randomness: &dyn Randomness,
    ) -> Result<WrappedSecret, KeyError> {
        wrapping::wrap(&self.derive(WRAP_CONTEXT), secret, DOMAIN_PURPOSE, &scope.text(), randomness)
    }

    /// The secret of the domain `scope`, which was wrapped under the material `wrapped_by`.
    ///
    /// # Errors
    /// [`KeyError::DoesNotOpen`], before anything is opened, if that is not this material; and if it was wrapped
    /// under another, for another domain, or a bit differs.
    pub fn unwrap_domain_secret(
        &self,
        wrapped: &WrappedSecret,
        wrapped_by: MaterialId,
        scope: &DomainScope<'_>,
    ) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        if wrapped_by != self.id() {
            return Err(KeyError::DoesNotOpen);
        }
        wrapping::unwrap(&self.derive(WRAP_CONTEXT), wrapped, DOMAIN_PURPOSE, &scope.text())
    }

    /// The key under which clients encrypt and decrypt.
    pub(crate) fn customer_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive(CUSTOMER_CONTEXT)
    }

    fn derive(&self, context: &'static str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(context, &self.0))
    }
}

impl RegionKey {
    /// `material` of the key `key`, wrapped under the region's key.
    ///
    /// # Errors
    /// [`KeyError::CryptographyFailed`] if the library does.
    pub fn wrap_material(
        &self,
        material: &KeyMaterial,
        key: &KeyArn,
        randomness: &dyn Randomness,
    ) -> Result<WrappedSecret, KeyError> {
        self.wrap(&material.0, MATERIAL_PURPOSE, &material_context(key, material.id()), randomness)
    }

    /// The material `id` of the key `key`.
    ///
    /// # Errors
    /// [`KeyError::DoesNotOpen`] if it was wrapped under another region key, for another key or as another id, if a
    /// bit differs, or if what was wrapped has not this id.
    pub fn unwrap_material(
        &self,
        wrapped: &WrappedSecret,
        key: &KeyArn,
        id: MaterialId,
    ) -> Result<KeyMaterial, KeyError> {
        let material = KeyMaterial(*self.unwrap(wrapped, MATERIAL_PURPOSE, &material_context(key, id))?);
        if material.id() == id { Ok(material) } else { Err(KeyError::DoesNotOpen) }
    }
}

impl DomainScope<'_> {
    fn text(&self) -> String {
        let Self { region, account, key, generation } = self;
        format!("{region}/{account}/{key}/{generation}")
    }
}

fn material_context(key: &KeyArn, id: MaterialId) -> String {
    let KeyArn { region, account, key } = key;
    format!("{region}/{account}/{key}/{id}")
}

#[cfg(test)]
mod tests;
