/*
 * What well-known APIs answer: names, types and limits, from AWS's documentation of them. A member that is
 * not here is not looked at; an API that is not here is not checked.
 */
#include "engine/test_state_internal.h"

#define END                                                  \
	{                                                    \
		NULL, SW_ANSWER_ANY, false, 0, 0, NULL, NULL \
	}
#define TEXT(name)                                              \
	{                                                       \
		name, SW_ANSWER_STRING, false, 0, 0, NULL, NULL \
	}
#define TEXT_OF(name, min, max)                                     \
	{                                                           \
		name, SW_ANSWER_STRING, false, min, max, NULL, NULL \
	}
#define TEXT_NEEDED(name, min, max)                                \
	{                                                          \
		name, SW_ANSWER_STRING, true, min, max, NULL, NULL \
	}
#define ONE_OF(name, values)                                      \
	{                                                         \
		name, SW_ANSWER_STRING, false, 0, 0, NULL, values \
	}
#define ONE_OF_NEEDED(name, values)                              \
	{                                                        \
		name, SW_ANSWER_STRING, true, 0, 0, NULL, values \
	}
#define NUMBER(name)                                            \
	{                                                       \
		name, SW_ANSWER_NUMBER, false, 0, 0, NULL, NULL \
	}
#define NUMBER_OF(name, min, max)                                   \
	{                                                           \
		name, SW_ANSWER_NUMBER, false, min, max, NULL, NULL \
	}
#define TRUTH(name)                                              \
	{                                                        \
		name, SW_ANSWER_BOOLEAN, false, 0, 0, NULL, NULL \
	}
#define OBJECT(name, members)                                      \
	{                                                          \
		name, SW_ANSWER_OBJECT, false, 0, 0, members, NULL \
	}
#define LIST(name, item)                                      \
	{                                                     \
		name, SW_ANSWER_LIST, false, 0, 0, item, NULL \
	}
#define PAIRS(name, value)                                      \
	{                                                       \
		name, SW_ANSWER_PAIRS, false, 0, 0, value, NULL \
	}

static const struct sw_answer_field text[] = {TEXT("text"), END};
static const struct sw_answer_field number[] = {NUMBER("number"), END};

/* ---- Lambda ------------------------------------------------------------------------------------------- */

/* TestState wants Payload as text here, too, though executions have JSON there. */
static const struct sw_answer_field invoke[] = {TEXT_OF("ExecutedVersion", 1, 1024),
						TEXT("FunctionError"),
						TEXT("LogResult"),
						TEXT("Payload"),
						NUMBER("StatusCode"),
						END};
static const struct sw_answer_field architecture[] = {ONE_OF("Architectures", "|x86_64|arm64|"), END};
static const struct sw_answer_field ephemeral_storage[] = {NUMBER_OF("Size", 512, 10240), END};
static const struct sw_answer_field tracing[] = {ONE_OF("Mode", "|Active|PassThrough|"), END};
static const struct sw_answer_field environment[] = {PAIRS("Variables", text), END};
static const struct sw_answer_field vpc[] = {LIST("SubnetIds", text), LIST("SecurityGroupIds", text),
					     TEXT("VpcId"), TRUTH("Ipv6AllowedForDualStack"), END};
static const struct sw_answer_field layer_members[] = {TEXT_OF("Arn", 1, 140), NUMBER("CodeSize"), END};
static const struct sw_answer_field layer[] = {OBJECT("Layers", layer_members), END};
static const struct sw_answer_field function_configuration[] = {
	TEXT_OF("FunctionName", 1, 170),
	TEXT("FunctionArn"),
	TEXT("Runtime"),
	TEXT("Role"),
	TEXT_OF("Handler", 0, 128),
	NUMBER("CodeSize"),
	TEXT_OF("Description", 0, 256),
	NUMBER_OF("Timeout", 1, 0),
	NUMBER_OF("MemorySize", 128, 10240),
	TEXT("LastModified"),
	TEXT("CodeSha256"),
	TEXT_OF("Version", 1, 1024),
	OBJECT("VpcConfig", vpc),
	OBJECT("Environment", environment),
	TEXT("KMSKeyArn"),
	OBJECT("TracingConfig", tracing),
	TEXT("RevisionId"),
	LIST("Layers", layer),
	ONE_OF("State", "|Pending|Active|Inactive|Failed|"),
	TEXT("StateReason"),
	ONE_OF("LastUpdateStatus", "|Successful|Failed|InProgress|"),
	TEXT("LastUpdateStatusReason"),
	ONE_OF("PackageType", "|Zip|Image|"),
	LIST("Architectures", architecture),
	OBJECT("EphemeralStorage", ephemeral_storage),
	END,
};
static const struct sw_answer_field function_code[] = {TEXT("RepositoryType"), TEXT("Location"),
						       TEXT("ImageUri"), TEXT("ResolvedImageUri"), END};
static const struct sw_answer_field function_concurrency[] = {NUMBER("ReservedConcurrentExecutions"), END};
static const struct sw_answer_field get_function[] = {OBJECT("Configuration", function_configuration),
						      OBJECT("Code", function_code), PAIRS("Tags", text),
						      OBJECT("Concurrency", function_concurrency), END};

/* ---- DynamoDB ----------------------------------------------------------------------------------------- */

static const struct sw_answer_field attribute_members[11];
static const struct sw_answer_field attribute[] = {OBJECT("attribute", attribute_members), END};
static const struct sw_answer_field attribute_members[] = {
	TEXT("S"),
	TEXT("N"),
	TEXT("B"),
	LIST("SS", text),
	LIST("NS", text),
	LIST("BS", text),
	PAIRS("M", attribute),
	LIST("L", attribute),
	TRUTH("NULL"),
	TRUTH("BOOL"),
	END,
};
static const struct sw_answer_field table_capacity[] = {
	NUMBER("ReadCapacityUnits"), NUMBER("WriteCapacityUnits"), NUMBER("CapacityUnits"), END};
static const struct sw_answer_field index_capacity[] = {OBJECT("index", table_capacity), END};
static const struct sw_answer_field capacity[] = {
	TEXT_OF("TableName", 1, 1024),
	NUMBER("CapacityUnits"),
	NUMBER("ReadCapacityUnits"),
	NUMBER("WriteCapacityUnits"),
	OBJECT("Table", table_capacity),
	PAIRS("LocalSecondaryIndexes", index_capacity),
	PAIRS("GlobalSecondaryIndexes", index_capacity),
	END,
};
static const struct sw_answer_field collection_metrics[] = {PAIRS("ItemCollectionKey", attribute),
							    LIST("SizeEstimateRangeGB", number), END};
static const struct sw_answer_field write_item[] = {PAIRS("Attributes", attribute),
						    OBJECT("ConsumedCapacity", capacity),
						    OBJECT("ItemCollectionMetrics", collection_metrics), END};
static const struct sw_answer_field get_item[] = {PAIRS("Item", attribute),
						  OBJECT("ConsumedCapacity", capacity), END};
static const struct sw_answer_field item[] = {PAIRS("Items", attribute), END};
static const struct sw_answer_field find_items[] = {LIST("Items", item),
						    NUMBER("Count"),
						    NUMBER("ScannedCount"),
						    PAIRS("LastEvaluatedKey", attribute),
						    OBJECT("ConsumedCapacity", capacity),
						    END};

/* ---- messages ----------------------------------------------------------------------------------------- */

static const struct sw_answer_field send_message[] = {
	TEXT("MD5OfMessageBody"), TEXT("MD5OfMessageAttributes"), TEXT("MD5OfMessageSystemAttributes"),
	TEXT("MessageId"),        TEXT("SequenceNumber"),         END};
static const struct sw_answer_field publish[] = {TEXT("MessageId"), TEXT("SequenceNumber"), END};
static const struct sw_answer_field event_entry_members[] = {TEXT("EventId"), TEXT("ErrorCode"),
							     TEXT("ErrorMessage"), END};
static const struct sw_answer_field event_entry[] = {OBJECT("Entries", event_entry_members), END};
static const struct sw_answer_field put_events[] = {NUMBER("FailedEntryCount"), LIST("Entries", event_entry),
						    END};

/* ---- Step Functions ----------------------------------------------------------------------------------- */

static const struct sw_answer_field start_execution[] = {TEXT_NEEDED("ExecutionArn", 1, 256),
							 TEXT_NEEDED("StartDate", 0, 0), END};
static const struct sw_answer_field billing[] = {NUMBER("BilledMemoryUsedInMB"),
						 NUMBER("BilledDurationInMilliseconds"), END};
static const struct sw_answer_field start_sync_execution[] = {
	TEXT_NEEDED("ExecutionArn", 1, 256),
	TEXT_OF("StateMachineArn", 1, 256),
	TEXT_OF("Name", 1, 80),
	TEXT_NEEDED("StartDate", 0, 0),
	TEXT_NEEDED("StopDate", 0, 0),
	ONE_OF_NEEDED("Status", "|SUCCEEDED|FAILED|TIMED_OUT|"),
	TEXT_OF("Error", 0, 256),
	TEXT_OF("Cause", 0, 32768),
	TEXT_OF("Input", 0, 262144),
	TEXT_OF("Output", 0, 262144),
	TEXT_OF("TraceHeader", 0, 256),
	OBJECT("BillingDetails", billing),
	END,
};
static const struct sw_answer_field data_details[] = {TRUTH("Included"), END};
static const struct sw_answer_field describe_execution[] = {
	TEXT_NEEDED("ExecutionArn", 1, 256),
	TEXT_NEEDED("StateMachineArn", 1, 256),
	TEXT_OF("Name", 1, 80),
	ONE_OF_NEEDED("Status", "|RUNNING|SUCCEEDED|FAILED|TIMED_OUT|ABORTED|PENDING_REDRIVE|"),
	TEXT_NEEDED("StartDate", 0, 0),
	TEXT("StopDate"),
	TEXT_OF("Input", 0, 262144),
	OBJECT("InputDetails", data_details),
	TEXT_OF("Output", 0, 262144),
	OBJECT("OutputDetails", data_details),
	TEXT_OF("TraceHeader", 0, 256),
	TEXT_OF("MapRunArn", 1, 2000),
	TEXT_OF("Error", 0, 256),
	TEXT_OF("Cause", 0, 32768),
	TEXT_OF("StateMachineVersionArn", 1, 256),
	TEXT_OF("StateMachineAliasArn", 1, 256),
	NUMBER("RedriveCount"),
	TEXT("RedriveDate"),
	ONE_OF("RedriveStatus", "|REDRIVABLE|NOT_REDRIVABLE|REDRIVABLE_BY_MAP_RUN|"),
	TEXT("RedriveStatusReason"),
	END,
};

/* ---- S3 ----------------------------------------------------------------------------------------------- */

#define STORAGE_CLASSES                                                                                 \
	"|STANDARD|REDUCED_REDUNDANCY|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER|DEEP_ARCHIVE|" \
	"OUTPOSTS|GLACIER_IR|SNOW|EXPRESS_ONEZONE|FSX_OPENZFS|FSX_ONTAP|"
#define S3_ENCRYPTION ONE_OF("ServerSideEncryption", "|AES256|aws:fsx|aws:kms|aws:kms:dsse|")
#define S3_CHARGED ONE_OF("RequestCharged", "|requester|")

static const struct sw_answer_field get_object[] = {
	TEXT("Body"),
	TRUTH("DeleteMarker"),
	TEXT("AcceptRanges"),
	TEXT("Expiration"),
	TEXT("Restore"),
	TEXT("LastModified"),
	NUMBER("ContentLength"),
	TEXT("ETag"),
	NUMBER("MissingMeta"),
	TEXT("VersionId"),
	TEXT("CacheControl"),
	TEXT("ContentDisposition"),
	TEXT("ContentEncoding"),
	TEXT("ContentLanguage"),
	TEXT("ContentRange"),
	TEXT("ContentType"),
	TEXT("Expires"),
	TEXT("WebsiteRedirectLocation"),
	S3_ENCRYPTION,
	PAIRS("Metadata", text),
	TEXT("SSECustomerAlgorithm"),
	TEXT("SSEKMSKeyId"),
	TRUTH("BucketKeyEnabled"),
	ONE_OF("StorageClass", STORAGE_CLASSES),
	S3_CHARGED,
	ONE_OF("ReplicationStatus", "|COMPLETE|PENDING|FAILED|REPLICA|COMPLETED|"),
	NUMBER("PartsCount"),
	NUMBER("TagCount"),
	ONE_OF("ObjectLockMode", "|GOVERNANCE|COMPLIANCE|"),
	TEXT("ObjectLockRetainUntilDate"),
	ONE_OF("ObjectLockLegalHoldStatus", "|ON|OFF|"),
	END,
};
static const struct sw_answer_field put_object[] = {
	TEXT("Expiration"), TEXT("ETag"),        S3_ENCRYPTION,
	TEXT("VersionId"),  TEXT("SSEKMSKeyId"), TRUTH("BucketKeyEnabled"),
	NUMBER("Size"),     S3_CHARGED,          END};
static const struct sw_answer_field delete_object[] = {TRUTH("DeleteMarker"), TEXT("VersionId"), S3_CHARGED,
						       END};
static const struct sw_answer_field listed_object_members[] = {TEXT_OF("Key", 1, 0),
							       TEXT("LastModified"),
							       TEXT("ETag"),
							       NUMBER("Size"),
							       ONE_OF("StorageClass", STORAGE_CLASSES),
							       END};
static const struct sw_answer_field listed_object[] = {OBJECT("Contents", listed_object_members), END};
static const struct sw_answer_field common_prefix_members[] = {TEXT("Prefix"), END};
static const struct sw_answer_field common_prefix[] = {OBJECT("CommonPrefixes", common_prefix_members), END};
static const struct sw_answer_field list_objects[] = {
	TRUTH("IsTruncated"),
	LIST("Contents", listed_object),
	TEXT("Name"),
	TEXT("Prefix"),
	TEXT("Delimiter"),
	NUMBER("MaxKeys"),
	LIST("CommonPrefixes", common_prefix),
	ONE_OF("EncodingType", "|url|"),
	NUMBER("KeyCount"),
	TEXT("ContinuationToken"),
	TEXT("NextContinuationToken"),
	TEXT("StartAfter"),
	END,
};

/* ---- keys, secrets, parameters, identities ------------------------------------------------------------- */

#define KMS_ALGORITHMS "|SYMMETRIC_DEFAULT|RSAES_OAEP_SHA_1|RSAES_OAEP_SHA_256|SM2PKE|"

static const struct sw_answer_field encrypt[] = {TEXT_OF("CiphertextBlob", 1, 6144),
						 TEXT_OF("KeyId", 1, 2048),
						 ONE_OF("EncryptionAlgorithm", KMS_ALGORITHMS), END};
static const struct sw_answer_field decrypt[] = {TEXT_OF("KeyId", 1, 2048), TEXT_OF("Plaintext", 1, 4096),
						 ONE_OF("EncryptionAlgorithm", KMS_ALGORITHMS),
						 TEXT_OF("CiphertextForRecipient", 1, 6144), END};
static const struct sw_answer_field data_key[] = {TEXT_OF("CiphertextBlob", 1, 6144),
						  TEXT_OF("Plaintext", 1, 4096), TEXT_OF("KeyId", 1, 2048),
						  TEXT_OF("CiphertextForRecipient", 1, 6144), END};
static const struct sw_answer_field stage[] = {TEXT_OF("VersionStages", 1, 256), END};
static const struct sw_answer_field secret_value[] = {TEXT_OF("ARN", 20, 2048),
						      TEXT_OF("Name", 1, 256),
						      TEXT_OF("VersionId", 32, 64),
						      TEXT_OF("SecretBinary", 1, 65536),
						      TEXT_OF("SecretString", 1, 65536),
						      LIST("VersionStages", stage),
						      TEXT("CreatedDate"),
						      END};
static const struct sw_answer_field parameter[] = {
	TEXT_OF("Name", 1, 2048),
	ONE_OF("Type", "|String|StringList|SecureString|"),
	TEXT("Value"),
	NUMBER("Version"),
	TEXT("Selector"),
	TEXT("SourceResult"),
	TEXT("LastModifiedDate"),
	TEXT("ARN"),
	TEXT_OF("DataType", 0, 128),
	END,
};
static const struct sw_answer_field get_parameter[] = {OBJECT("Parameter", parameter), END};
static const struct sw_answer_field caller_identity[] = {TEXT("UserId"), TEXT("Account"),
							 TEXT_OF("Arn", 20, 2048), END};

/* ---- jobs --------------------------------------------------------------------------------------------- */

static const struct sw_answer_field submit_job[] = {TEXT("JobArn"), TEXT_NEEDED("JobName", 0, 0),
						    TEXT_NEEDED("JobId", 0, 0), END};
static const struct sw_answer_field start_job_run[] = {TEXT_OF("JobRunId", 1, 255), END};
static const struct sw_answer_field start_query[] = {TEXT_OF("QueryExecutionId", 1, 128), END};
static const struct sw_answer_field run_task[] = {LIST("Tasks", NULL), LIST("Failures", NULL), END};
static const struct sw_answer_field training_job[] = {TEXT_NEEDED("TrainingJobArn", 0, 256), END};

#define SDK_TOO(type, name, fields)           \
	{type, name, fields},                 \
	{                                     \
		"aws-sdk:" type, name, fields \
	}

const struct sw_answer_shape sw_answer_shapes[] = {
	SDK_TOO("lambda", "invoke", invoke),
	{"aws-sdk:lambda", "getFunction", get_function},
	{"aws-sdk:lambda", "getFunctionConfiguration", function_configuration},
	SDK_TOO("dynamodb", "putItem", write_item),
	SDK_TOO("dynamodb", "updateItem", write_item),
	SDK_TOO("dynamodb", "deleteItem", write_item),
	SDK_TOO("dynamodb", "getItem", get_item),
	{"aws-sdk:dynamodb", "query", find_items},
	{"aws-sdk:dynamodb", "scan", find_items},
	SDK_TOO("sqs", "sendMessage", send_message),
	SDK_TOO("sns", "publish", publish),
	{"events", "putEvents", put_events},
	{"aws-sdk:eventbridge", "putEvents", put_events},
	{"states", "startExecution", start_execution},
	/* "When testing startExecution.sync:2, your mock must match the DescribeExecution response schema." */
	{"states", "startExecution.sync", describe_execution},
	{"states", "startExecution.sync:2", describe_execution},
	{"aws-sdk:sfn", "startExecution", start_execution},
	{"aws-sdk:sfn", "startSyncExecution", start_sync_execution},
	{"aws-sdk:sfn", "describeExecution", describe_execution},
	{"aws-sdk:s3", "getObject", get_object},
	{"aws-sdk:s3", "headObject", get_object},
	{"aws-sdk:s3", "putObject", put_object},
	{"aws-sdk:s3", "deleteObject", delete_object},
	{"aws-sdk:s3", "listObjectsV2", list_objects},
	{"aws-sdk:kms", "encrypt", encrypt},
	{"aws-sdk:kms", "decrypt", decrypt},
	{"aws-sdk:kms", "generateDataKey", data_key},
	{"aws-sdk:secretsmanager", "getSecretValue", secret_value},
	{"aws-sdk:ssm", "getParameter", get_parameter},
	{"aws-sdk:sts", "getCallerIdentity", caller_identity},
	SDK_TOO("batch", "submitJob", submit_job),
	SDK_TOO("glue", "startJobRun", start_job_run),
	SDK_TOO("athena", "startQueryExecution", start_query),
	SDK_TOO("ecs", "runTask", run_task),
	SDK_TOO("sagemaker", "createTrainingJob", training_job),
	{NULL, NULL, NULL},
};
