use ebs::{AccountId, KeyArn, KeyId, MaterialId, RegionName};

use super::{DOMAIN_PURPOSE, DomainScope, KeyMaterial, WRAP_CONTEXT, material_context};
use crate::test_randomness::Seeded;
use crate::{KeyError, RegionKey, WrappedSecret};

fn region(name: &str) -> RegionName {
    name.parse().expect("a name")
}

fn account(digits: &str) -> AccountId {
    digits.parse().expect("twelve digits")
}

fn arn() -> KeyArn {
    KeyArn { region: region("us-east-1"), account: account("000000000042"), key: KeyId::from_bytes([7; 16]) }
}

/// Does not compile for a type that is not wiped.
#[test]
fn material_is_wiped_when_dropped() {
    const fn wiped<T: zeroize::ZeroizeOnDrop>() {}
    const { wiped::<KeyMaterial>() }
}

/// A type that has `Debug` fits both, and then this does not compile: nobody can print the secret.
#[test]
fn material_cannot_be_printed() {
    trait Silent<Marker> {
        const SILENT: bool = true;
    }
    impl<T: ?Sized> Silent<()> for T {}
    impl<T: ?Sized + std::fmt::Debug> Silent<u8> for T {}
    const { assert!(<KeyMaterial as Silent<_>>::SILENT) }
}

#[test]
fn what_is_kept_of_a_material_is_the_same_in_every_release() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let material = KeyMaterial([1; 32]);
    assert_eq!(material.id().to_string(), "b6bf851452ce40b79fcc0959e53960db5d6f155a7d07f3974bc9d6892ceaa639");
    let region = region("us-east-1");
    let scope = DomainScope {
        region: &region,
        account: account("000000000042"),
        key: KeyId::from_bytes([7; 16]),
        generation: 3,
    };
    let wrapped = material.wrap_domain_secret(&[9; 32], &scope, &Seeded::new(1)).expect("wraps");
    assert_eq!(
        hex(&wrapped.0),
        "b71f320d4d4a8144225ab9cceb592869918146dcb95b4895fb888f989a1b1670d2ab195dc24ab88a55d1f45d\
         cb21ad73c096800d70a24389b8d52e75"
    );
    let key = RegionKey::from_text(&"ab".repeat(32)).expect("64 digits");
    let wrapped = key.wrap_material(&material, &arn(), &Seeded::new(2)).expect("wraps");
    assert_eq!(
        hex(&wrapped.0),
        "5945dc6286195ba0fc20daf6eb851836325e6a2bc7a1c6b79a0fc4bd84f4335be6cab6fd1599804e771179fe\
         1092b686754cc8a28d8c62bd4cd1d2ed"
    );
}

#[test]
fn material_opens_under_its_region_key_for_its_key_as_its_id_only() {
    let randomness = Seeded::new(3);
    let (region_key, other_region_key) = (RegionKey::draw(&randomness), RegionKey::draw(&randomness));
    let (material, other) = (KeyMaterial::draw(&randomness), KeyMaterial::draw(&randomness));
    assert!(material.id() != other.id());
    let wrapped = region_key.wrap_material(&material, &arn(), &randomness).expect("wraps");
    let opened = region_key.unwrap_material(&wrapped, &arn(), material.id()).expect("opens");
    assert!(opened.0 == material.0, "it is other material");

    let elsewhere = KeyArn { region: region("us-east-2"), ..arn() };
    let of_another = KeyArn { account: account("000000000043"), ..arn() };
    let another = KeyArn { key: KeyId::from_bytes([8; 16]), ..arn() };
    for wrong in [elsewhere, of_another, another] {
        let opened = region_key.unwrap_material(&wrapped, &wrong, material.id());
        assert_eq!(opened.err(), Some(KeyError::DoesNotOpen), "opened for {wrong}");
    }
    assert!(other_region_key.unwrap_material(&wrapped, &arn(), material.id()).is_err());
    assert!(region_key.unwrap_material(&wrapped, &arn(), other.id()).is_err());
    for bit in 0..wrapped.0.len() * 8 {
        let mut mutant = wrapped.clone();
        mutant.0[bit / 8] ^= 1 << (bit % 8);
        assert!(region_key.unwrap_material(&mutant, &arn(), material.id()).is_err(), "bit {bit}");
    }
    for length in 0..wrapped.0.len() {
        let part = WrappedSecret(wrapped.0[..length].to_vec());
        assert!(region_key.unwrap_material(&part, &arn(), material.id()).is_err(), "{length} bytes");
    }
}

/// Who can wrap under the region's key can still not have one material pass for another.
#[test]
fn material_that_has_not_the_id_it_was_wrapped_as_does_not_open() {
    let randomness = Seeded::new(4);
    let region_key = RegionKey::draw(&randomness);
    let (material, other) = (KeyMaterial::draw(&randomness), KeyMaterial::draw(&randomness));
    let context = material_context(&arn(), material.id());
    let lie = region_key.wrap(&other.0, super::MATERIAL_PURPOSE, &context, &randomness).expect("wraps");
    assert!(region_key.unwrap(&lie, super::MATERIAL_PURPOSE, &context).is_ok(), "the lie is well wrapped");
    assert_eq!(region_key.unwrap_material(&lie, &arn(), material.id()).err(), Some(KeyError::DoesNotOpen));
}

#[test]
fn a_domain_secret_opens_under_its_material_for_its_domain_only() {
    let randomness = Seeded::new(5);
    let (material, other) = (KeyMaterial::draw(&randomness), KeyMaterial::draw(&randomness));
    let (here, elsewhere) = (region("us-east-1"), region("us-east-2"));
    let scope = DomainScope {
        region: &here,
        account: account("000000000042"),
        key: KeyId::from_bytes([7; 16]),
        generation: 1,
    };
    let wrapped = material.wrap_domain_secret(&[9; 32], &scope, &randomness).expect("wraps");
    let opened = material.unwrap_domain_secret(&wrapped, material.id(), &scope).expect("opens");
    assert_eq!(*opened, [9; 32]);

    for wrong in [
        DomainScope { region: &elsewhere, ..scope },
        DomainScope { account: account("000000000043"), ..scope },
        DomainScope { key: KeyId::from_bytes([8; 16]), ..scope },
        DomainScope { generation: 11, ..scope },
    ] {
        let opened = material.unwrap_domain_secret(&wrapped, material.id(), &wrong);
        assert_eq!(opened.err(), Some(KeyError::DoesNotOpen), "opened for {wrong:?}");
    }
    assert!(other.unwrap_domain_secret(&wrapped, other.id(), &scope).is_err());
    for bit in 0..wrapped.0.len() * 8 {
        let mut mutant = wrapped.clone();
        mutant.0[bit / 8] ^= 1 << (bit % 8);
        assert!(material.unwrap_domain_secret(&mutant, material.id(), &scope).is_err(), "bit {bit}");
    }
    for length in 0..wrapped.0.len() {
        let part = WrappedSecret(wrapped.0[..length].to_vec());
        assert!(material.unwrap_domain_secret(&part, material.id(), &scope).is_err(), "{length} bytes");
    }
}

/// The cipher commits to no key, so it is never asked whether a secret happens to open.
#[test]
fn a_domain_secret_of_other_material_is_refused_also_if_it_would_open() {
    let randomness = Seeded::new(6);
    let material = KeyMaterial::draw(&randomness);
    let here = region("us-east-1");
    let scope = DomainScope {
        region: &here,
        account: account("000000000042"),
        key: KeyId::from_bytes([7; 16]),
        generation: 0,
    };
    let wrapped = material.wrap_domain_secret(&[9; 32], &scope, &randomness).expect("wraps");
    let refused = material.unwrap_domain_secret(&wrapped, MaterialId([0; 32]), &scope);
    assert_eq!(refused.err(), Some(KeyError::DoesNotOpen));
}

#[test]
fn no_two_uses_of_a_material_share_a_key() {
    let material = KeyMaterial([1; 32]);
    let keys = [*material.derive(WRAP_CONTEXT), *material.customer_key(), material.id().0, material.0];
    for (index, key) in keys.iter().enumerate() {
        assert!(!keys[index + 1..].contains(key), "use {index} shares its key");
    }
}

/// What one level of keys wraps is not taken for what another does.
#[test]
fn a_domain_secret_under_the_region_key_is_no_material() {
    let randomness = Seeded::new(7);
    let region_key = RegionKey::draw(&randomness);
    let material = KeyMaterial::draw(&randomness);
    let context = material_context(&arn(), material.id());
    let as_domain = region_key.wrap(&material.0, DOMAIN_PURPOSE, &context, &randomness).expect("wraps");
    assert!(region_key.unwrap_material(&as_domain, &arn(), material.id()).is_err());
}
