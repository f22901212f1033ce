//! Sources that say what no tree has: each lie is the end of the copy, and of nothing else.

use std::sync::Arc;

use async_trait::async_trait;
use ebs::{BlockDigest, VolumeSize};

use super::{copy, two_regions};
use crate::copy::{CopySource, SourceChild, SourceLeaf, SourceRoot};
use crate::limits::SEALED_BYTES_MAX;
use crate::node::LogicalHash;
use crate::test_store::{Volume, assert_equal};
use crate::{Damage, SealedBlock, SnapshotTree, StoreError};

type Blocks = Vec<(u16, SealedBlock)>;

/// What a source makes of the truth before it says it.
#[derive(Clone)]
enum Lie {
    Root(fn(&mut SourceRoot)),
    Branch(fn(&mut Vec<SourceChild>)),
    Leaf(fn(&mut SourceLeaf)),
    Blocks(fn(&mut Blocks)),
}

struct Lying {
    tree: SnapshotTree,
    lie: Lie,
}

#[async_trait]
impl CopySource for Lying {
    async fn root(&self) -> Result<SourceRoot, StoreError> {
        let mut root = CopySource::root(&self.tree).await?;
        if let Lie::Root(lie) = &self.lie {
            lie(&mut root);
            root.hash = LogicalHash::of_root(root.branches.iter().map(|child| (child.slot, &child.hash)));
        }
        Ok(root)
    }

    async fn branch(&self, slot: u16) -> Result<Vec<SourceChild>, StoreError> {
        let mut leaves = CopySource::branch(&self.tree, slot).await?;
        if let Lie::Branch(lie) = &self.lie {
            lie(&mut leaves);
        }
        Ok(leaves)
    }

    async fn leaf(&self, number: u32) -> Result<SourceLeaf, StoreError> {
        let mut leaf = CopySource::leaf(&self.tree, number).await?;
        if let Lie::Leaf(lie) = &self.lie {
            lie(&mut leaf);
        }
        Ok(leaf)
    }

    async fn blocks(&self, leaf: u32, slots: &[u16]) -> Result<Blocks, StoreError> {
        let mut blocks = CopySource::blocks(&self.tree, leaf, slots).await?;
        if let Lie::Blocks(lie) = &self.lie {
            lie(&mut blocks);
        }
        Ok(blocks)
    }
}

/// The bytes of the first block, made longer or shorter.
fn resized(blocks: &mut Blocks, length: usize) {
    let mut bytes = blocks[0].1.bytes.to_vec();
    bytes.resize(length, 7);
    blocks[0].1.bytes = bytes.into();
}

fn lies() -> Vec<(&'static str, Lie)> {
    vec![
        ("more blocks than can be counted", Lie::Root(|root| root.branches[0].blocks = u64::MAX)),
        ("a branch without blocks", Lie::Root(|root| root.branches[0].blocks = 0)),
        ("a branch outside the tree", Lie::Root(|root| root.branches[0].slot = 512)),
        ("a branch twice", Lie::Root(|root| root.branches.insert(0, root.branches[0]))),
        ("branches without end", Lie::Root(|root| root.branches = vec![root.branches[0]; 1 << 16])),
        (
            "blocks behind the end of the volume",
            Lie::Root(|root| {
                root.volume_size = VolumeSize::from_gib(1).expect("the smallest size");
            }),
        ),
        (
            "more blocks in each leaf than can be added up",
            Lie::Branch(|leaves| {
                leaves.iter_mut().for_each(|leaf| leaf.blocks = u64::MAX);
            }),
        ),
        ("a leaf with more blocks than leaves have", Lie::Branch(|leaves| leaves[0].blocks = 513)),
        ("a leaf outside its branch", Lie::Branch(|leaves| leaves[1].slot = u16::MAX)),
        ("leaves out of order", Lie::Branch(|leaves| leaves.reverse())),
        ("a block outside its leaf", Lie::Leaf(|leaf| leaf.blocks.last_mut().expect("a block").slot = 512)),
        ("a block twice", Lie::Leaf(|leaf| leaf.blocks[1] = leaf.blocks[0].clone())),
        ("fewer blocks than were announced", Lie::Leaf(|leaf| leaf.blocks.truncate(1))),
        ("data that is said to be zeros", Lie::Leaf(|leaf| leaf.blocks[0].sealed = None)),
        (
            "a block longer than any",
            Lie::Leaf(|leaf| {
                leaf.blocks[0].sealed.as_mut().expect("has data").1 = u32::MAX;
            }),
        ),
        (
            "a block shorter than its seal",
            Lie::Leaf(|leaf| {
                leaf.blocks[0].sealed.as_mut().expect("has data").1 = 15;
            }),
        ),
        ("a block that was not asked for", Lie::Blocks(|blocks| blocks[0].0 = 400)),
        ("a block that is missing", Lie::Blocks(|blocks| blocks.truncate(1))),
        ("a block that comes twice", Lie::Blocks(|blocks| blocks.push(blocks[0].clone()))),
        ("bytes that no slot can hold", Lie::Blocks(|blocks| resized(blocks, SEALED_BYTES_MAX + 1))),
        ("fewer bytes than were announced", Lie::Blocks(|blocks| resized(blocks, 40))),
        ("no bytes", Lie::Blocks(|blocks| resized(blocks, 0))),
    ]
}

#[tokio::test]
async fn a_source_that_says_what_no_tree_has_is_not_copied_and_harms_nothing() {
    let (_folder, east, west) = two_regions();
    let volume = Volume::from([(0, 1), (3, 2), (5, 0), (600, 3), (601, 3), (3000, 4)]);
    let source = east.snapshot(1, &volume, None).await;
    for (number, (what, lie)) in lies().into_iter().enumerate() {
        let lying = Lying { tree: source.clone(), lie };
        let refused = copy(&west, 10 + number as u32, &lying, None).await;
        let malformed = matches!(refused, Err(StoreError::Damaged { damage: Damage::Malformed, .. }));
        assert!(malformed, "{what}: {refused:?}");
    }
    let outcome = copy(&west, 7, &source, None).await.expect("the truth is copied");
    assert_equal(&west.open(&outcome.written).await, &volume).await;
    for segment in west.segments().iter().filter(|segment| segment.sealed) {
        west.store.index_segment(&Arc::clone(&west.keys), segment.id).await.expect("every segment is whole");
    }
}

#[tokio::test]
async fn zeros_that_are_said_to_be_data_are_no_zeros() {
    let (_folder, east, west) = two_regions();
    let source = east.snapshot(1, &Volume::from([(0, 1), (5, 0)]), None).await;
    let lie = Lie::Leaf(|leaf| leaf.blocks[1].digest = BlockDigest([7; 32]));
    let refused = copy(&west, 7, &Lying { tree: source, lie }, None).await;
    assert!(matches!(refused, Err(StoreError::Damaged { damage: Damage::Malformed, .. })), "{refused:?}");
}
