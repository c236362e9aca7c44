#!/usr/bin/env bash
# The sequence that many begin with: acquire, start, sleep, stop. Rundown is compared with it in docs/comparison.md,
# where it is seen what it loses; it is no advice.
#
# Usage: record.sh CNAME SECONDS
# Takes AGORA_APP_ID, AGORA_CUSTOMER_ID, AGORA_CUSTOMER_SECRET, PAGE_URL, S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY
# from the environment.

api=${AGORA_API:-https://api.agora.io}/v1/apps/$AGORA_APP_ID/cloud_recording

# post sends standard input; no secret is an argument, where every user of the machine could read it.
post() {
	curl -s -K <(printf 'user = "%s:%s"\n' "$AGORA_CUSTOMER_ID" "$AGORA_CUSTOMER_SECRET") \
		-H 'Content-Type: application/json;charset=utf-8' -d @- "$api/$1"
}

# field prints a string of an answer.
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }

job="\"cname\":\"$1\",\"uid\":\"1000\""
resource=$(post acquire <<<"{$job,\"clientRequest\":{\"scene\":1}}" | field resourceId)

sid=$(post "resourceid/$resource/mode/web/start" <<EOF | field sid
{$job,"clientRequest":{"recordingFileConfig":{"avFileType":["hls"]},
 "storageConfig":{"vendor":1,"region":7,"bucket":"$S3_BUCKET","accessKey":"$S3_ACCESS_KEY","secretKey":"$S3_SECRET_KEY"},
 "extensionServiceConfig":{"errorHandlePolicy":"error_abort","extensionServices":[
  {"serviceName":"web_recorder_service","errorHandlePolicy":"error_abort",
   "serviceParam":{"url":"$PAGE_URL","audioProfile":0,"videoWidth":1280,"videoHeight":720,"maxRecordingHour":2}}]}}}
EOF
)

sleep "$2"
post "resourceid/$resource/sid/$sid/mode/web/stop" <<<"{$job,\"clientRequest\":{}}"
