//! The policies that keys have before anybody gives them another.

use ebs::{AccountId, RegionName};

/// The name of every key's only policy.
pub const POLICY_NAME: &str = "default";

/// The policy of a key whose maker gave none: `account` may do everything, and so may whom it lets.
pub fn default_policy(account: AccountId) -> String {
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:aws:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}

/// The policy of `alias/aws/ebs` of `account` in `region`: whoever is of the account uses it through EC2, and only
/// so; the account looks at it and takes back grants.
pub fn aws_ebs_policy(account: AccountId, region: &RegionName) -> String {
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "auto-ebs-2",
  "Statement" : [ {{
    "Sid" : "Allow access through EBS for all principals in the account that are authorized to use EBS",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "*"
    }},
    "Action" : [ "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey" ],
    "Resource" : "*",
    "Condition" : {{
      "StringEquals" : {{
        "kms:CallerAccount" : "{account}",
        "kms:ViaService" : "ec2.{region}.amazonaws.com"
      }}
    }}
  }}, {{
    "Sid" : "Allow direct access to key metadata to the account",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:aws:iam::{account}:root"
    }},
    "Action" : [ "kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant" ],
    "Resource" : "*"
  }} ]
}}"#
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{aws_ebs_policy, default_policy};
    use crate::limits::POLICY_BYTES_MAX;

    fn parse(policy: &str) -> Value {
        assert!(policy.len() <= POLICY_BYTES_MAX);
        serde_json::from_str(policy).expect("a JSON document")
    }

    #[test]
    fn the_default_policy_lets_the_account_do_everything_and_nobody_else() {
        let policy = parse(&default_policy("000000000042".parse().expect("twelve digits")));
        assert_eq!(
            policy,
            json!({
                "Version": "2012-10-17",
                "Id": "key-default-1",
                "Statement": [{
                    "Sid": "Enable IAM User Permissions",
                    "Effect": "Allow",
                    "Principal": { "AWS": "arn:aws:iam::000000000042:root" },
                    "Action": "kms:*",
                    "Resource": "*",
                }],
            })
        );
    }

    #[test]
    fn the_managed_key_is_used_through_ec2_by_the_account_and_looked_at_directly() {
        let (account, region) =
            ("000000000042".parse().expect("twelve digits"), "eu-west-1".parse().expect("a name"));
        let policy = parse(&aws_ebs_policy(account, &region));
        let [through_ec2, directly] = policy["Statement"].as_array().expect("a list").as_slice() else {
            panic!("two statements");
        };
        assert_eq!(
            through_ec2["Condition"],
            json!({ "StringEquals": {
                "kms:CallerAccount": "000000000042",
                "kms:ViaService": "ec2.eu-west-1.amazonaws.com",
            } })
        );
        assert_eq!(through_ec2["Principal"], json!({ "AWS": "*" }));
        assert_eq!(
            through_ec2["Action"],
            json!([
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:CreateGrant",
                "kms:DescribeKey"
            ])
        );
        assert_eq!(directly["Principal"], json!({ "AWS": "arn:aws:iam::000000000042:root" }));
        assert_eq!(directly["Action"], json!(["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"]));
        assert!(directly.get("Condition").is_none());
    }
}
