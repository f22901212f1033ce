use std::collections::{BTreeMap, BTreeSet};

use ebs::{EncryptionContext, KeyArn, KeyId};
use proptest::prelude::*;

use super::{CIPHERTEXT_BYTES_MORE, CLEAR_BYTES, CiphertextBlob, NONCE_AT, SALT_AT};
use crate::limits::PLAINTEXT_BYTES_MAX;
use crate::test_randomness::Seeded;
use crate::{DomainScope, KeyError, KeyMaterial};

fn arn() -> KeyArn {
    "arn:aws:kms:us-east-1:000000000042:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        .parse()
        .expect("the name of a key")
}

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    EncryptionContext::new(pairs.collect()).expect("short enough")
}

/// What `bytes` open to, as one who gets them from a client would open them.
fn open(
    material: &KeyMaterial,
    key: &KeyArn,
    bytes: &[u8],
    context: &EncryptionContext,
) -> Result<Vec<u8>, KeyError> {
    let blob = CiphertextBlob::parse(bytes).ok_or(KeyError::DoesNotOpen)?;
    material.decrypt(key, &blob, context).map(|plain| plain.to_vec())
}

#[test]
fn a_ciphertext_is_the_same_in_every_release() {
    let material = KeyMaterial::draw(&Seeded::new(1));
    let blob =
        material.encrypt(&arn(), b"plain", &context(&[("a", "b")]), &Seeded::new(2)).expect("encrypts");
    let hex = blob.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(
        hex,
        "011234abcd12ab34cd56ef1234567890abc4842fa570856684517cbe9a9990d7361717be49a268a78cfbc33d8b59c9f4\
         ba5945dc6286195ba0fc20daf6f37a0cc5480fc3a52eba8f7b1f3f27f4dc8cc5950fd3ed2e36aeb69d2e04878b854721\
         60cac741d1e9989971eddafaf55607926b90"
    );
}

#[test]
fn a_ciphertext_opens_only_in_its_context() {
    let randomness = Seeded::new(3);
    let (material, other) = (KeyMaterial::draw(&randomness), KeyMaterial::draw(&randomness));
    let one = context(&[("a", "1"), ("b", "2")]);
    let bytes = material.encrypt(&arn(), b"secret", &one, &randomness).expect("encrypts");
    assert_eq!(open(&material, &arn(), &bytes, &one), Ok(b"secret".to_vec()));

    for wrong in [
        &[][..],
        &[("a", "1")],
        &[("a", "1"), ("b", "3")],
        &[("a", "1"), ("B", "2")],
        &[("a", "1"), ("b", "2"), ("c", "")],
        &[("a", "2"), ("b", "1")],
        &[("a1b", "2"), ("", "")],
    ] {
        let opened = open(&material, &arn(), &bytes, &context(wrong));
        assert_eq!(opened, Err(KeyError::DoesNotOpen), "opened in {wrong:?}");
    }
    let another = KeyArn { key: KeyId::from_bytes([7; 16]), ..arn() };
    let elsewhere = KeyArn { region: "us-east-2".parse().expect("a name"), ..arn() };
    for wrong in [another, elsewhere] {
        assert_eq!(open(&material, &wrong, &bytes, &one), Err(KeyError::DoesNotOpen), "opened for {wrong}");
    }
    assert_eq!(open(&other, &arn(), &bytes, &one), Err(KeyError::DoesNotOpen), "opened under other material");
}

#[test]
fn a_ciphertext_names_its_key_and_material() {
    let randomness = Seeded::new(4);
    let material = KeyMaterial::draw(&randomness);
    let bytes = material.encrypt(&arn(), b"x", &context(&[]), &randomness).expect("encrypts");
    assert_eq!(bytes.len(), CIPHERTEXT_BYTES_MORE + 1);
    let blob = CiphertextBlob::parse(&bytes).expect("a ciphertext");
    assert_eq!((blob.key(), blob.material()), (arn().key, material.id()));
}

/// The cipher commits to no key, so it is never asked whether a ciphertext happens to open.
#[test]
fn a_ciphertext_that_names_other_material_is_refused_also_if_it_would_open() {
    let material = KeyMaterial::draw(&Seeded::new(11));
    let (context, plain, salt, nonce) = (context(&[]), b"secret", [3; 32], [4; 12]);
    let make = |named: &[u8; 32]| {
        let clear = [&[1][..], &arn().key.to_bytes(), named, &salt, &nonce].concat();
        let associated = super::associated_data(&clear, &arn().region, &context);
        let sealed = crate::cipher::seal(&material.message_key(&salt), nonce, &associated, plain);
        [clear, sealed.expect("seals")].concat()
    };
    let (genuine, lie) = (make(&material.id().0), make(&[0; 32]));
    assert_eq!(open(&material, &arn(), &genuine, &context), Ok(plain.to_vec()));
    assert_eq!(open(&material, &arn(), &lie, &context), Err(KeyError::DoesNotOpen));
}

#[test]
fn every_flipped_bit_and_every_other_length_is_noticed() {
    let randomness = Seeded::new(5);
    let material = KeyMaterial::draw(&randomness);
    let context = context(&[("a", "1")]);
    let bytes = material.encrypt(&arn(), &[9; 32], &context, &randomness).expect("encrypts");
    for bit in 0..bytes.len() * 8 {
        let mut mutant = bytes.clone();
        mutant[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&material, &arn(), &mutant, &context), Err(KeyError::DoesNotOpen), "bit {bit}");
    }
    for length in 0..bytes.len() {
        let opened = open(&material, &arn(), &bytes[..length], &context);
        assert_eq!(opened, Err(KeyError::DoesNotOpen), "{length} bytes");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(open(&material, &arn(), &longer, &context), Err(KeyError::DoesNotOpen));
}

#[test]
fn plaintexts_are_1_to_4096_bytes() {
    let randomness = Seeded::new(6);
    let material = KeyMaterial::draw(&randomness);
    let context = context(&[]);
    for length in [1, PLAINTEXT_BYTES_MAX] {
        let plain = vec![3; length];
        let bytes = material.encrypt(&arn(), &plain, &context, &randomness).expect("encrypts");
        assert_eq!(open(&material, &arn(), &bytes, &context), Ok(plain));
    }
    for length in [0, PLAINTEXT_BYTES_MAX + 1] {
        let refused = material.encrypt(&arn(), &vec![3; length], &context, &randomness);
        assert_eq!(refused, Err(KeyError::PlaintextLength), "{length} bytes were taken");
        let bytes = vec![1; CIPHERTEXT_BYTES_MORE + length];
        assert!(CiphertextBlob::parse(&bytes).is_none(), "a ciphertext of {length} bytes");
    }
}

/// The secrets of domains never come out of Decrypt, whatever a client makes of their wrapped form: it is put behind
/// the clear part of a ciphertext that opens, with its own nonce there, with any salt, in any context.
#[test]
fn a_domain_secret_is_out_of_decrypts_reach() {
    let randomness = Seeded::new(7);
    let material = KeyMaterial::draw(&randomness);
    let key = arn();
    let scope = DomainScope { region: &key.region, account: key.account, key: key.key, generation: 0 };
    let wrapped = material.wrap_domain_secret(&[9; 32], &scope, &randomness).expect("wraps");
    let (nonce, sealed) = wrapped.0.split_at(12);
    let genuine = material.encrypt(&key, &[1; 32], &context(&[]), &randomness).expect("encrypts");
    assert!(open(&material, &key, &genuine, &context(&[])).is_ok());

    let scope_text = format!("us-east-1/000000000042/{}/0", key.key);
    let contexts =
        [context(&[]), context(&[("domain secret", &scope_text)]), context(&[("purpose", "domain secret")])];
    for salt in [&genuine[SALT_AT..NONCE_AT], &[0; 32], &[0xff; 32]] {
        let forged = [&genuine[..SALT_AT], salt, nonce, sealed].concat();
        assert_eq!(forged.len(), genuine.len());
        for context in &contexts {
            assert_eq!(open(&material, &key, &forged, context), Err(KeyError::DoesNotOpen), "in {context:?}");
        }
    }
    assert!(CiphertextBlob::parse(&wrapped.0).is_none(), "as it is");

    // And what clients encrypt is never taken for a domain's secret.
    let as_wrapped = crate::WrappedSecret(genuine[NONCE_AT..].to_vec());
    assert_eq!(as_wrapped.0.len(), wrapped.0.len());
    assert!(material.unwrap_domain_secret(&as_wrapped, material.id(), &scope).is_err());
}

#[test]
fn no_two_seals_share_a_key_or_nonce() {
    let randomness = Seeded::new(8);
    let material = KeyMaterial::draw(&randomness);
    let (mut keys, mut nonces) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..256 {
        let bytes = material.encrypt(&arn(), b"the same", &context(&[]), &randomness).expect("encrypts");
        let salt: [u8; 32] = bytes[SALT_AT..NONCE_AT].try_into().expect("32 bytes");
        keys.insert(*material.message_key(&salt));
        nonces.insert(bytes[NONCE_AT..CLEAR_BYTES].to_vec());
    }
    assert_eq!((keys.len(), nonces.len()), (256, 256));
}

fn any_context() -> impl Strategy<Value = EncryptionContext> {
    proptest::collection::btree_map(".{0,8}", ".{0,8}", 0..4)
        .prop_map(|pairs: BTreeMap<_, _>| EncryptionContext::new(pairs).expect("short enough"))
}

proptest! {
    #[test]
    fn what_was_encrypted_is_decrypted_in_its_context_and_no_other(
        plain in proptest::collection::vec(any::<u8>(), 1..=PLAINTEXT_BYTES_MAX),
        one in any_context(),
        other in any_context(),
        seed in any::<u64>(),
    ) {
        let randomness = Seeded::new(seed);
        let material = KeyMaterial::draw(&randomness);
        let bytes = material.encrypt(&arn(), &plain, &one, &randomness).expect("encrypts");
        prop_assert_eq!(bytes.len(), CIPHERTEXT_BYTES_MORE + plain.len());
        prop_assert_eq!(open(&material, &arn(), &bytes, &other).is_ok(), one == other);
        prop_assert_eq!(open(&material, &arn(), &bytes, &one), Ok(plain));
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_noticed_at_any_length(
        plain in proptest::collection::vec(any::<u8>(), 1..=PLAINTEXT_BYTES_MAX),
        bit in any::<proptest::sample::Index>(),
        cut in any::<proptest::sample::Index>(),
    ) {
        let randomness = Seeded::new(9);
        let material = KeyMaterial::draw(&randomness);
        let context = context(&[("a", "1")]);
        let bytes = material.encrypt(&arn(), &plain, &context, &randomness).expect("encrypts");
        let (bit, cut) = (bit.index(bytes.len() * 8), cut.index(bytes.len()));
        let mut mutant = bytes.clone();
        mutant[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(open(&material, &arn(), &mutant, &context).is_err(), "bit {}", bit);
        prop_assert!(open(&material, &arn(), &bytes[..cut], &context).is_err(), "{} bytes", cut);
    }

    #[test]
    fn arbitrary_bytes_never_open_and_never_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300),
        legal_start in any::<bool>(),
    ) {
        let material = KeyMaterial::draw(&Seeded::new(10));
        if legal_start {
            let start = [&[1][..], &arn().key.to_bytes(), &material.id().0].concat();
            bytes.splice(0..0, start);
        }
        prop_assert!(open(&material, &arn(), &bytes, &context(&[])).is_err());
    }
}
