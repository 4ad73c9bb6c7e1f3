"""What whoever deploys must be allowed, as IAM documents: `make deploy-policy STAGE=prod`.

Two managed policies, as one has 6,144 characters at most, of what CloudFormation makes of
template.yaml on the caller's behalf and of what the deployer does itself. Names bound what has a
name of ours; where IAM knows no resource, or AWS makes up the name, the action alone is named.
"""

import json
from dataclasses import dataclass
from typing import Any

ACCOUNT_ID = "000000000000"
MAX_CHARACTERS = 6144


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on resources. `kinds` are the template's types that ask for them; none: our own."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    condition: dict[str, Any] | None = None


def _of(service: str, names: str) -> tuple[str, ...]:
    return tuple(f"{service}:{name}" for name in names.split())


STACK = (
    Grant(
        "Tables",
        _of(
            "dynamodb",
            "CreateTable DeleteTable DescribeTable UpdateTable TagResource UntagResource "
            "ListTagsOfResource DescribeTimeToLive UpdateTimeToLive DescribeContinuousBackups "
            "UpdateContinuousBackups DescribeContributorInsights "
            "DescribeKinesisStreamingDestination",
        ),
        ("arn:{p}:dynamodb:{r}:{a}:table/{n}-*",),
        ("AWS::DynamoDB::Table",),
    ),
    Grant(
        "Functions",
        _of(
            "lambda",
            "CreateFunction DeleteFunction GetFunction GetFunctionConfiguration UpdateFunctionCode "
            "UpdateFunctionConfiguration AddPermission RemovePermission GetPolicy TagResource "
            "UntagResource ListTags PutFunctionConcurrency DeleteFunctionConcurrency "
            "PutFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig "
            "GetFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig InvokeFunction",
        ),
        ("arn:{p}:lambda:{r}:{a}:function:{n}-*",),
        (
            "AWS::Lambda::Function",
            "AWS::Lambda::Permission",
            "AWS::Lambda::EventInvokeConfig",
        ),
    ),
    Grant(
        "Layers",
        _of("lambda", "PublishLayerVersion DeleteLayerVersion GetLayerVersion"),
        (
            "arn:{p}:lambda:{r}:{a}:layer:{n}-*",
            "arn:{p}:lambda:{r}:753240598075:layer:LambdaAdapterLayer*",
        ),
        ("AWS::Lambda::LayerVersion",),
    ),
    Grant(
        "EventSources",
        _of(
            "lambda",
            "CreateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping "
            "UpdateEventSourceMapping GetAccountSettings",
        ),
        ("*",),
        ("AWS::Lambda::EventSourceMapping",),
    ),
    Grant(
        "Roles",
        _of(
            "iam",
            "CreateRole DeleteRole GetRole UpdateRole UpdateRoleDescription "
            "UpdateAssumeRolePolicy PutRolePolicy DeleteRolePolicy GetRolePolicy "
            "ListRolePolicies AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies "
            "TagRole UntagRole",
        ),
        ("arn:{p}:iam::{a}:role/{n}-*",),
        ("AWS::IAM::Role",),
    ),
    Grant(
        "PassRoles",
        ("iam:PassRole",),
        ("arn:{p}:iam::{a}:role/{n}-*",),
        ("AWS::IAM::Role",),
        {
            "StringEquals": {
                "iam:PassedToService": [
                    "lambda.amazonaws.com",
                    "scheduler.amazonaws.com",
                    "apigateway.amazonaws.com",
                ]
            }
        },
    ),
    Grant(
        "Policies",
        _of(
            "iam",
            "CreatePolicy DeletePolicy GetPolicy GetPolicyVersion CreatePolicyVersion "
            "DeletePolicyVersion ListPolicyVersions TagPolicy UntagPolicy",
        ),
        ("arn:{p}:iam::{a}:policy/{n}-*",),
        ("AWS::IAM::ManagedPolicy",),
    ),
    Grant(
        "Logs",
        _of(
            "logs",
            "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy "
            "PutMetricFilter DeleteMetricFilter DescribeMetricFilters TagResource UntagResource "
            "ListTagsForResource",
        ),
        (
            "arn:{p}:logs:{r}:{a}:log-group:/aws/lambda/{n}-*",
            "arn:{p}:logs:{r}:{a}:log-group:/aws/apigateway/{n}*",
        ),
        ("AWS::Logs::LogGroup", "AWS::Logs::MetricFilter"),
    ),
    Grant("LogsOfAll", _of("logs", "DescribeLogGroups"), ("*",), ("AWS::Logs::LogGroup",)),
    Grant(
        "Queues",
        _of(
            "sqs",
            "CreateQueue DeleteQueue GetQueueAttributes SetQueueAttributes GetQueueUrl TagQueue "
            "UntagQueue ListQueueTags",
        ),
        ("arn:{p}:sqs:{r}:{a}:{n}-*",),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy"),
    ),
    Grant(
        "Topics",
        _of(
            "sns",
            "CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe Unsubscribe "
            "GetSubscriptionAttributes ListSubscriptionsByTopic TagResource UntagResource "
            "ListTagsForResource",
        ),
        ("arn:{p}:sns:{r}:{a}:{n}-*",),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription"),
    ),
    Grant(
        "Buckets",
        _of(
            "s3",
            "CreateBucket DeleteBucket ListBucket GetBucketLocation PutBucketPolicy "
            "DeleteBucketPolicy GetBucketPolicy PutEncryptionConfiguration "
            "GetEncryptionConfiguration PutLifecycleConfiguration GetLifecycleConfiguration "
            "PutBucketPublicAccessBlock GetBucketPublicAccessBlock PutBucketOwnershipControls "
            "GetBucketOwnershipControls PutBucketTagging GetBucketTagging ListBucketVersions",
        ),
        ("arn:{p}:s3:::{n}-*-{a}-{r}", "arn:{p}:s3:::solaris-artifacts-{a}-{r}"),
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy"),
    ),
    Grant(
        "Secrets",
        _of(
            "secretsmanager",
            "CreateSecret DeleteSecret DescribeSecret GetSecretValue PutSecretValue UpdateSecret "
            "TagResource UntagResource",
        ),
        ("arn:{p}:secretsmanager:{r}:{a}:secret:{n}-*",),
        ("AWS::SecretsManager::Secret",),
    ),
    Grant(
        "Passwords",
        _of("secretsmanager", "GetRandomPassword"),
        ("*",),
        ("AWS::SecretsManager::Secret",),
    ),
    Grant(
        "Schedules",
        _of("scheduler", "CreateSchedule DeleteSchedule GetSchedule UpdateSchedule"),
        ("arn:{p}:scheduler:{r}:{a}:schedule/default/{n}-*",),
        ("AWS::Scheduler::Schedule",),
    ),
)
EDGE = (
    Grant(
        "Api",
        _of("apigateway", "GET POST PUT PATCH DELETE TagResource UntagResource"),
        (
            "arn:{p}:apigateway:{r}::/restapis*",
            "arn:{p}:apigateway:{r}::/account",
            "arn:{p}:apigateway:{r}::/tags/*",
        ),
        (
            "AWS::ApiGateway::RestApi",
            "AWS::ApiGateway::Stage",
            "AWS::ApiGateway::Deployment",
            "AWS::ApiGateway::Account",
        ),
    ),
    # CloudFront makes up the names of what it keeps
    Grant(
        "CloudFront",
        _of(
            "cloudfront",
            "CreateDistribution CreateDistributionWithTags UpdateDistribution DeleteDistribution "
            "GetDistribution GetDistributionConfig CreateFunction UpdateFunction DeleteFunction "
            "DescribeFunction GetFunction PublishFunction CreateOriginAccessControl "
            "UpdateOriginAccessControl DeleteOriginAccessControl GetOriginAccessControl "
            "GetOriginAccessControlConfig CreateResponseHeadersPolicy UpdateResponseHeadersPolicy "
            "DeleteResponseHeadersPolicy GetResponseHeadersPolicy "
            "GetResponseHeadersPolicyConfig CreateInvalidation TagResource UntagResource "
            "ListTagsForResource",
        ),
        ("arn:{p}:cloudfront::{a}:*",),
        (
            "AWS::CloudFront::Distribution",
            "AWS::CloudFront::Function",
            "AWS::CloudFront::OriginAccessControl",
            "AWS::CloudFront::ResponseHeadersPolicy",
        ),
    ),
    Grant(
        "Alarms",
        _of(
            "cloudwatch",
            "PutMetricAlarm DeleteAlarms DescribeAlarms TagResource UntagResource "
            "ListTagsForResource",
        ),
        ("arn:{p}:cloudwatch:{r}:{a}:alarm:{n}-*",),
        ("AWS::CloudWatch::Alarm",),
    ),
    Grant(
        "Dashboard",
        _of("cloudwatch", "PutDashboard DeleteDashboards GetDashboard"),
        ("arn:{p}:cloudwatch::{a}:dashboard/{n}-*",),
        ("AWS::CloudWatch::Dashboard",),
    ),
    Grant(
        "Budget",
        _of("budgets", "ModifyBudget ViewBudget TagResource UntagResource ListTagsForResource"),
        ("arn:{p}:budgets::{a}:budget/{n}-*",),
        ("AWS::Budgets::Budget",),
    ),
    Grant(
        "Mail",
        _of(
            "ses",
            "CreateConfigurationSet DeleteConfigurationSet GetConfigurationSet "
            "PutConfigurationSetDeliveryOptions PutConfigurationSetReputationOptions "
            "CreateConfigurationSetEventDestination UpdateConfigurationSetEventDestination "
            "DeleteConfigurationSetEventDestination GetConfigurationSetEventDestinations "
            "CreateEmailIdentity DeleteEmailIdentity GetEmailIdentity TagResource UntagResource",
        ),
        (
            "arn:{p}:ses:{r}:{a}:configuration-set/{n}",
            "arn:{p}:ses:{r}:{a}:identity/*",
        ),
        (
            "AWS::SES::ConfigurationSet",
            "AWS::SES::ConfigurationSetEventDestination",
            "AWS::SES::EmailIdentity",
        ),
    ),
    Grant("MailAccount", _of("ses", "GetAccount"), ("*",)),
    Grant(
        "Firewall",
        _of(
            "wafv2",
            "CreateWebACL DeleteWebACL GetWebACL UpdateWebACL AssociateWebACL DisassociateWebACL "
            "GetWebACLForResource TagResource UntagResource ListTagsForResource",
        ),
        (
            "arn:{p}:wafv2:{r}:{a}:regional/webacl/{n}/*",
            "arn:{p}:apigateway:{r}::/restapis/*/stages/*",
        ),
        ("AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation"),
    ),
    # EC2 makes up the names of groups, and describes all or none
    Grant(
        "Cache",
        (
            *_of(
                "elasticache",
                "CreateServerlessCache DeleteServerlessCache DescribeServerlessCaches "
                "ModifyServerlessCache AddTagsToResource ListTagsForResource",
            ),
            *_of(
                "ec2",
                "CreateSecurityGroup DeleteSecurityGroup DescribeSecurityGroups "
                "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress "
                "RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateTags DescribeVpcs "
                "DescribeSubnets DescribeNetworkInterfaces CreateVpcEndpoint DescribeVpcEndpoints",
            ),
        ),
        ("*",),
        ("AWS::ElastiCache::ServerlessCache", "AWS::EC2::SecurityGroup"),
    ),
    Grant(
        "Stack",
        _of(
            "cloudformation",
            "CreateChangeSet DescribeChangeSet ExecuteChangeSet DeleteChangeSet "
            "DescribeStackEvents DescribeStackResources ListStackResources GetTemplate DeleteStack "
            "UpdateTerminationProtection ContinueUpdateRollback",
        ),
        (
            "arn:{p}:cloudformation:{r}:{a}:stack/{n}/*",
            "arn:{p}:cloudformation:{r}:aws:transform/Serverless-2016-10-31",
        ),
    ),
    Grant("Stacks", (*_of("cloudformation", "DescribeStacks"), "sts:GetCallerIdentity"), ("*",)),
    Grant(
        "Objects",
        _of("s3", "GetObject PutObject DeleteObject DeleteObjectVersion AbortMultipartUpload"),
        ("arn:{p}:s3:::{n}-*-{a}-{r}/*", "arn:{p}:s3:::solaris-artifacts-{a}-{r}/*"),
    ),
    Grant(
        "FirstKeyAndAdmin",
        _of("dynamodb", "GetItem PutItem UpdateItem Query Scan BatchGetItem TransactWriteItems"),
        ("arn:{p}:dynamodb:{r}:{a}:table/{n}-*",),
    ),
)


def documents(stage: str, region: str, account: str = ACCOUNT_ID) -> dict[str, dict[str, Any]]:
    """The policies by name, as IAM takes them."""
    values = {
        "p": _partition(region), "r": region, "a": account, "n": f"solaris-{stage}"
    }  # fmt: skip
    return {
        f"solaris-{stage}-deploy-{part}": {
            "Version": "2012-10-17",
            "Statement": [_statement(one, values) for one in grants],
        }
        for part, grants in (("stack", STACK), ("edge", EDGE))
    }


def as_text(document: dict[str, Any]) -> str:
    """As IAM counts it: without white space."""
    return json.dumps(document, separators=(",", ":"))


def _statement(grant: Grant, values: dict[str, str]) -> dict[str, Any]:
    return {
        "Sid": grant.sid,
        "Effect": "Allow",
        "Action": list(grant.actions),
        "Resource": [one.format(**values) for one in grant.resources],
        **({"Condition": grant.condition} if grant.condition else {}),
    }


def _partition(region: str) -> str:
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((name for one, name in prefixes.items() if region.startswith(one)), "aws")
