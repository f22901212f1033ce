//! Accounts and access keys.

use catalog::{AccessKeyRecord, AccountRecord, CatalogError, DeploymentCatalog};
use ebs::AccountId;

use crate::bed::{Bed, NOW, on_both_engines};

on_both_engines!(accounts_and_keys_are_kept);

fn key(id: &str, account: AccountId) -> AccessKeyRecord {
    AccessKeyRecord {
        id: id.to_owned(),
        account,
        principal_arn: format!("arn:aws:iam::{account}:root"),
        user_id: account.to_string(),
        sealed_secret: b"sealed-secret".to_vec().into(),
        sealed_session_token: None,
        active: true,
        created: NOW,
    }
}

async fn accounts_and_keys_are_kept(bed: Bed) {
    let catalog = DeploymentCatalog::open(&bed.target).await.expect("opens");
    let accounts: Vec<AccountRecord> = ["300000000001", "000000000002", "300000000003"]
        .iter()
        .map(|id| AccountRecord { id: id.parse().expect("an account"), created: NOW })
        .collect();
    for account in accounts.iter().chain(&accounts) {
        catalog.put_account(account).await.expect("puts");
    }
    assert_eq!(catalog.account(accounts[1].id).await.expect("reads").as_ref(), Some(&accounts[1]));
    let page = catalog.accounts(Some(accounts[0].id), 10).await.expect("reads");
    assert_eq!(page, vec![accounts[2].clone()]);
    assert_eq!(catalog.accounts(None, 1).await.expect("reads"), vec![accounts[1].clone()]);

    let mut first = key("AKIA1", accounts[0].id);
    let second = key("AKIA2", accounts[0].id);
    catalog.put_access_key(&first).await.expect("puts");
    catalog.put_access_key(&second).await.expect("puts");
    first.active = false;
    first.sealed_session_token = Some(b"sealed-token".to_vec().into());
    catalog.put_access_key(&first).await.expect("puts");
    assert_eq!(catalog.access_key("AKIA1").await.expect("reads").as_ref(), Some(&first));
    assert_eq!(catalog.access_key("AKIA\0").await.expect("reads"), None);
    assert_eq!(catalog.access_key("akia1").await.expect("reads"), None);
    let keys = catalog.access_keys(accounts[0].id, None, 10).await.expect("reads");
    assert_eq!(keys, vec![first.clone(), second.clone()]);
    assert_eq!(catalog.access_keys(accounts[0].id, Some("AKIA1"), 10).await.expect("reads"), vec![second]);
    assert_eq!(catalog.access_keys(accounts[2].id, None, 10).await.expect("reads"), vec![]);
    for stranger in [key("AKIA1", accounts[2].id), key("AKIA9", "999999999999".parse().expect("an account"))]
    {
        let refused = catalog.put_access_key(&stranger).await;
        assert!(matches!(refused, Err(CatalogError::Missing { .. })), "{refused:?}");
    }
    let shown = format!("{first:?}");
    assert!(!shown.contains("sealed") && !shown.contains("115, 101, 97"), "{shown}");
    catalog.close().await;
}
