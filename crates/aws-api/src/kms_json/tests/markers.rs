use super::{KEY, ROOT};
use crate::kms_json::{
    KmsAction, KmsRequest, decode, list_aliases, list_grants, list_keys, list_resource_tags,
};
use crate::limits::{KMS_MARKER_CHARS_MAX, KMS_MARKER_VALID_MS};
use crate::token::TokenContext;
use crate::token::tests::Desk;
use crate::{ApiError, HttpAnswer};
use ebs::operation::kms::KeyPage;
use ebs::operation::kms::aliases::{ListAliasesReply, ListAliasesRequest};
use ebs::operation::kms::grants::{GrantsReply, ListGrantsRequest};
use ebs::operation::kms::keys::{ListKeysReply, ListKeysRequest};
use ebs::operation::kms::tags::{ListResourceTagsReply, ListResourceTagsRequest};
use ebs::{GrantId, KeyId, KeyRefusal};
use serde_json::{Value, json};

fn marker(answer: &HttpAnswer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(body["Truncated"], json!(true));
    let marker = body["NextMarker"].as_str().expect("a marker").to_owned();
    assert!(marker.len() <= KMS_MARKER_CHARS_MAX, "{}", marker.len());
    marker
}

fn asked(action: KmsAction, body: &Value, context: &TokenContext<'_>) -> Result<KmsRequest, ApiError> {
    decode(action, body.to_string().as_bytes(), context)
}

fn first<C>() -> KeyPage<C> {
    KeyPage { limit: 1, after: None }
}

#[test]
fn a_marker_goes_on_in_its_own_listing_and_in_no_other() {
    let desk = Desk::new();
    let context = desk.context();
    let invalid = Err(KeyRefusal::MarkerInvalid.into());
    let key = KeyId::from_bytes([7; 16]);
    let request = ListKeysRequest { own: true, page: first() };
    let reply = ListKeysReply { keys: vec![], next: Some(key) };
    let next = marker(&list_keys::encode(&request, &reply, "r-1", &context));
    let body = json!({"Limit": 5, "Marker": next});
    let page = KeyPage { limit: 5, after: Some(key) };
    let expected = KmsRequest::ListKeys(ListKeysRequest { own: true, page });
    assert_eq!(asked(KmsAction::ListKeys, &body, &context), Ok(expected));

    let account = "444455556666".parse().expect("an account");
    assert_eq!(asked(KmsAction::ListKeys, &body, &TokenContext { account, ..context }), invalid);
    let later = TokenContext { now: context.now.plus_ms(KMS_MARKER_VALID_MS), ..context };
    assert_eq!(asked(KmsAction::ListKeys, &body, &later), invalid);
    assert_eq!(asked(KmsAction::ListAliases, &body, &context), invalid);
    let others = json!({"Marker": next, "ResourceOwners": ["OTHER_ACCOUNTS_VIA_RAM"]});
    assert_eq!(asked(KmsAction::ListKeys, &others, &context), invalid);
    assert_eq!(asked(KmsAction::ListKeyPolicies, &json!({"KeyId": KEY, "Marker": next}), &context), invalid);

    let grant = GrantId([9; 32]);
    let request = ListGrantsRequest { key_id: KEY.into(), grant: None, grantee: None, page: first() };
    let reply = GrantsReply { grants: vec![], next: Some(grant) };
    let next = marker(&list_grants::encode(&request, &reply, "r-1", &context));
    let body = json!({"KeyId": KEY, "Marker": next});
    let page = KeyPage { limit: 50, after: Some(grant) };
    assert_eq!(
        asked(KmsAction::ListGrants, &body, &context),
        Ok(KmsRequest::ListGrants(ListGrantsRequest { page, ..request }))
    );
    for other in [
        json!({"KeyId": "alias/a", "Marker": next}),
        json!({"KeyId": KEY, "Marker": next, "GranteePrincipal": ROOT}),
        json!({"KeyId": KEY, "Marker": format!("{next}A")}),
    ] {
        assert_eq!(asked(KmsAction::ListGrants, &other, &context), invalid, "{other}");
    }
}

#[test]
fn the_longest_alias_and_the_longest_tag_key_fit_into_a_marker() {
    let desk = Desk::new();
    let context = desk.context();
    let alias: ebs::AliasName = format!("alias/{}", "x".repeat(250)).parse().expect("a name");
    let request = ListAliasesRequest { key_id: None, page: first() };
    let reply = ListAliasesReply { aliases: vec![], next: Some(alias.clone()) };
    let next = marker(&list_aliases::encode(&request, &reply, "r-1", &context));
    let page = KeyPage { limit: 50, after: Some(alias) };
    assert_eq!(
        asked(KmsAction::ListAliases, &json!({"Marker": next}), &context),
        Ok(KmsRequest::ListAliases(ListAliasesRequest { page, ..request }))
    );

    let tag = "\u{1f600}".repeat(128);
    let request = ListResourceTagsRequest { key_id: KEY.into(), page: first() };
    let reply = ListResourceTagsReply { tags: vec![], next: Some(tag.clone()) };
    let next = marker(&list_resource_tags::encode(&request, &reply, "r-1", &context));
    let page = KeyPage { limit: 50, after: Some(tag) };
    assert_eq!(
        asked(KmsAction::ListResourceTags, &json!({"KeyId": KEY, "Marker": next, "Limit": 1000}), &context),
        Ok(KmsRequest::ListResourceTags(ListResourceTagsRequest { page, ..request }))
    );
}
