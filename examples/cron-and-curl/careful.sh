#!/usr/bin/env bash
# The same sequence with care: it ends at the first error, repeats what failed, and stops the recording when it is
# terminated. Rundown is compared with it in docs/comparison.md.
#
# Usage and environment: as record.sh. Begin it a minute before the class, and let it last two minutes longer.
set -euo pipefail

api=${AGORA_API:-https://api.agora.io}/v1/apps/$AGORA_APP_ID/cloud_recording

# post sends standard input; no secret is an argument, where every user of the machine could read it.
post() {
	curl -fsS --max-time 30 --retry 3 --retry-all-errors \
		-K <(printf 'user = "%s:%s"\n' "$AGORA_CUSTOMER_ID" "$AGORA_CUSTOMER_SECRET") \
		-H 'Content-Type: application/json;charset=utf-8' -d @- "$api/$1"
}

# field prints a string of an answer, and fails where there is none.
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" | grep .; }

stop() { post "resourceid/$resource/sid/$sid/mode/web/stop" <<<"{$job,\"clientRequest\":{}}" >/dev/null; }

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

trap stop EXIT
trap 'kill "$!"; exit 143' TERM INT
sleep "$2" &
wait "$!"
trap - EXIT
stop
