use super::page::Listing;
use super::{TokenContext, TokenKeys, block};
use crate::limits::{
    BLOCK_TOKEN_VALID_MS, EBS_PAGE_TOKEN_VALID_MS, EBS_TOKEN_CHARS_MAX, EC2_TOKEN_CHARS_MAX,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::operation::describe_snapshots::DescribeSnapshotsRequest;
use ebs::operation::describe_tags::{DescribeTagsRequest, TagCursor};
use ebs::operation::{Page, SnapshotCursor};
use ebs::{BlockIndex, Filter, Randomness, Refusal, RegionName, SnapshotId, Timestamp};
use std::sync::Mutex;
use zeroize::Zeroizing;

/// Bytes of a multiplicative generator: different in each token, the same in each run.
pub(crate) struct Seeded(Mutex<u64>);

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().expect("no test panics with it");
        for byte in bytes {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (*state >> 56) as u8;
        }
    }
}

/// Owns what a [`TokenContext`] borrows.
pub(crate) struct Desk {
    pub(crate) keys: TokenKeys,
    pub(crate) region: RegionName,
    randomness: Seeded,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            keys: TokenKeys::new(Zeroizing::new([7; 32])),
            region: "us-east-1".parse().expect("a region"),
            randomness: Seeded(Mutex::new(1)),
        }
    }

    pub(crate) fn context(&self) -> TokenContext<'_> {
        TokenContext {
            keys: &self.keys,
            randomness: &self.randomness,
            region: &self.region,
            account: "111122223333".parse().expect("an account"),
            now: Timestamp(1_790_354_613_137),
        }
    }
}

fn snapshot(text: &str) -> SnapshotId {
    text.parse().expect("a snapshot id")
}

fn one() -> SnapshotId {
    snapshot("snap-0123456789abcdef0")
}

fn block_token(context: &TokenContext<'_>, index: u32) -> String {
    block::seal(context, one(), [BlockIndex(index)].into_iter()).next().expect("one")
}

fn describe_all() -> DescribeSnapshotsRequest {
    DescribeSnapshotsRequest {
        snapshot_ids: vec![],
        owners: vec![],
        restorable_by: vec![],
        filters: vec![],
        page: Page { max_results: None, after: None },
        dry_run: false,
    }
}

#[test]
fn block_tokens_open_for_their_block_only() {
    let desk = Desk::new();
    let context = desk.context();
    let token = block_token(&context, 5);
    assert!(token.len() <= EBS_TOKEN_CHARS_MAX);
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)));
    let check = |context: &TokenContext<'_>, id, index| block::check(context, &token, id, BlockIndex(index));
    assert_eq!(check(&context, one(), 5), Ok(()));
    assert_eq!(check(&context, one(), 6), Err(Refusal::BlockTokenInvalid));
    assert_eq!(check(&context, snapshot("snap-0123456789abcdef1"), 5), Err(Refusal::BlockTokenInvalid));
    let other_account = TokenContext { account: "444455556666".parse().expect("an account"), ..context };
    assert_eq!(check(&other_account, one(), 5), Ok(()), "the right to read is checked elsewhere");
    let region = "us-west-2".parse().expect("a region");
    assert_eq!(
        check(&TokenContext { region: &region, ..context }, one(), 5),
        Err(Refusal::BlockTokenInvalid)
    );
}

#[test]
fn tokens_expire_to_the_millisecond() {
    let desk = Desk::new();
    let context = desk.context();
    let token = block_token(&context, 5);
    let later = |ms| TokenContext { now: context.now.plus_ms(ms), ..context };
    let check = |context| block::check(&context, &token, one(), BlockIndex(5));
    assert_eq!(check(later(BLOCK_TOKEN_VALID_MS - 1)), Ok(()));
    assert_eq!(check(later(BLOCK_TOKEN_VALID_MS)), Err(Refusal::BlockTokenInvalid));

    let page = Listing::of_blocks(&context, one()).seal(&context, &BlockIndex(9));
    let open = |context: TokenContext<'_>| Listing::of_blocks(&context, one()).open(&context, &page);
    assert_eq!(open(later(EBS_PAGE_TOKEN_VALID_MS - 1)), Ok(BlockIndex(9)));
    assert_eq!(open(later(EBS_PAGE_TOKEN_VALID_MS)), Err(Refusal::PageTokenInvalid));
}

#[test]
fn keys_rotate_and_unknown_keys_open_nothing() {
    let old = Desk::new();
    let token = block_token(&old.context(), 1);
    let new = || TokenKeys::new(Zeroizing::new([8; 32]));
    for (keys, expected) in [
        (new().with_previous(Zeroizing::new([9; 32])).with_previous(Zeroizing::new([7; 32])), Ok(())),
        (new(), Err(Refusal::BlockTokenInvalid)),
    ] {
        let context = TokenContext { keys: &keys, ..old.context() };
        assert_eq!(block::check(&context, &token, one(), BlockIndex(1)), expected);
    }
    assert_eq!(format!("{:?}", new()), "TokenKeys { previous: 0, .. }");
}

#[test]
fn no_mutant_of_a_token_is_accepted() {
    let desk = Desk::new();
    let context = desk.context();
    let tokens: Vec<String> = (0..8).map(|index| block_token(&context, index)).collect();
    let mut mutants = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let sealed = STANDARD.decode(token).expect("base64");
        for bit in 0..8 * sealed.len() {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            mutants.push((index, STANDARD.encode(flipped)));
        }
        for bit in 0..8 * token.len() {
            let mut flipped = token.clone().into_bytes();
            flipped[bit / 8] ^= 1 << (bit % 8);
            mutants.extend(String::from_utf8(flipped).ok().map(|text| (index, text)));
        }
        for end in 0..token.len() {
            mutants.push((index, token[..end].to_owned()));
            mutants.push((index, token[..end].to_owned() + &tokens[(index + 1) % 8][end..]));
        }
        mutants.push((index, token.clone() + "AAAA"));
        mutants.push((index, "A".repeat(EBS_TOKEN_CHARS_MAX + 4)));
    }
    let accepted: Vec<_> = mutants
        .iter()
        .filter(|(index, mutant)| *mutant != tokens[*index])
        .filter(|(index, mutant)| block::check(&context, mutant, one(), BlockIndex(*index as u32)).is_ok())
        .collect();
    println!("{} mutants, {} accepted", mutants.len(), accepted.len());
    assert!(mutants.len() > 5_000);
    assert!(accepted.is_empty(), "{accepted:?}");
}

#[test]
fn page_tokens_are_bound_to_the_request_that_gave_them() {
    let desk = Desk::new();
    let context = desk.context();
    let cursor = SnapshotCursor { start_time: Timestamp(-5), id: one() };
    let request = describe_all();
    let token = Listing::of_snapshots(&context, &request).seal(&context, &cursor);
    let open = |context: &TokenContext<'_>, request: &DescribeSnapshotsRequest| {
        Listing::of_snapshots(context, request).open::<SnapshotCursor>(context, &token)
    };
    assert_eq!(open(&context, &request), Ok(cursor));
    let resized =
        DescribeSnapshotsRequest { page: Page { max_results: Some(9), after: None }, ..describe_all() };
    assert_eq!(open(&context, &resized), Ok(cursor), "the page size may change");

    let filter = |name: &str, value: &str| Filter { name: name.into(), values: vec![value.into()] };
    for other in [
        DescribeSnapshotsRequest { owners: vec!["self".into()], ..describe_all() },
        DescribeSnapshotsRequest { restorable_by: vec!["self".into()], ..describe_all() },
        DescribeSnapshotsRequest { filters: vec![filter("status", "error")], ..describe_all() },
    ] {
        assert_eq!(open(&context, &other), Err(Refusal::PageTokenInvalid), "{other:?}");
    }
    let other_account = TokenContext { account: "444455556666".parse().expect("an account"), ..context };
    assert_eq!(open(&other_account, &request), Err(Refusal::PageTokenInvalid));
    let tags = DescribeTagsRequest {
        filters: vec![],
        page: Page { max_results: None, after: None },
        dry_run: false,
    };
    let other_action = Listing::of_tags(&context, &tags).open::<SnapshotCursor>(&context, &token);
    assert_eq!(other_action, Err(Refusal::PageTokenInvalid));
}

#[test]
fn filters_that_read_alike_are_told_apart() {
    let desk = Desk::new();
    let context = desk.context();
    let filter = |name: &str, values: &[&str]| Filter {
        name: name.into(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let requests = [
        vec![],
        vec![filter("ab", &["c"])],
        vec![filter("a", &["bc"])],
        vec![filter("a", &["b", "c"])],
        vec![filter("a", &["b"]), filter("c", &[])],
        vec![filter("a", &[]), filter("b", &["c"])],
    ]
    .map(|filters| DescribeSnapshotsRequest { filters, ..describe_all() });
    let cursor = SnapshotCursor { start_time: Timestamp(1), id: one() };
    for (n, sealed_for) in requests.iter().enumerate() {
        let token = Listing::of_snapshots(&context, sealed_for).seal(&context, &cursor);
        for (m, used_for) in requests.iter().enumerate() {
            let opened = Listing::of_snapshots(&context, used_for).open::<SnapshotCursor>(&context, &token);
            assert_eq!(opened.is_ok(), n == m, "{n} {m}");
        }
    }
}

#[test]
fn the_longest_tag_key_fits() {
    let desk = Desk::new();
    let context = desk.context();
    let request = DescribeTagsRequest {
        filters: vec![],
        page: Page { max_results: None, after: None },
        dry_run: false,
    };
    let cursor = TagCursor { resource: one(), key: "\u{1f600}".repeat(256) };
    let token = Listing::of_tags(&context, &request).seal(&context, &cursor);
    assert!(token.len() <= EC2_TOKEN_CHARS_MAX, "{}", token.len());
    assert_eq!(Listing::of_tags(&context, &request).open(&context, &token), Ok(cursor));
}

#[test]
fn block_page_tokens_are_bound_to_their_snapshots() {
    let desk = Desk::new();
    let context = desk.context();
    let two = snapshot("snap-0fedcba9876543210");
    let token = Listing::of_changed_blocks(&context, one(), two).seal(&context, &BlockIndex(77));
    assert!(token.len() <= EBS_TOKEN_CHARS_MAX);
    let refused = Err(Refusal::PageTokenInvalid);
    assert_eq!(Listing::of_changed_blocks(&context, one(), two).open(&context, &token), Ok(BlockIndex(77)));
    assert_eq!(
        Listing::of_changed_blocks(&context, two, one()).open::<BlockIndex>(&context, &token),
        refused
    );
    assert_eq!(Listing::of_blocks(&context, two).open::<BlockIndex>(&context, &token), refused);
    assert_eq!(block::check(&context, &token, two, BlockIndex(77)), Err(Refusal::BlockTokenInvalid));
}

#[test]
fn a_page_of_tokens_draws_different_nonces() {
    let desk = Desk::new();
    let context = desk.context();
    let tokens = block::seal(&context, one(), (0..10_000).map(BlockIndex));
    let distinct: std::collections::BTreeSet<_> = tokens.map(|token| token[..20].to_owned()).collect();
    assert_eq!(distinct.len(), 10_000);
}
