{{/*
What the inference pods are scaled on, said once for prometheus-adapter and for KEDA.
.match: label matchers, .by: grouping, .target: what the autoscaler aims at.
An idle pod has made no histogram yet: the queue's length, which every pod with a model shows, makes it 0 and not missing.
Three times the target is the most that a pod says: a queue that has formed tells how long an overload has lasted and not
how large it is, and the pods that are still starting must get their chance to help before even more are asked for.
*/}}

{{/* Mean number of requests in the pod over the last minute: by Little's law the rate of the seconds that they spent there. */}}
{{- define "rembg.query.concurrency" -}}
clamp_max(sum by ({{ .by }}) (rate(rembg_inference_request_seconds_sum{ {{- .match -}} }[1m])), {{ round (mulf .target 3) 3 }}) or 0 * sum by ({{ .by }}) (rembg_inference_queue_length{ {{- .match -}} })
{{- end -}}

{{/* Seconds waited for a batch over seconds in the model: the same target for every model and machine. */}}
{{- define "rembg.query.ratio" -}}
clamp_max(sum by ({{ .by }}) (rate(rembg_inference_queue_wait_seconds_sum{ {{- .match -}} }[1m])) / clamp_min(sum by ({{ .by }}) (rate(rembg_inference_stage_seconds_sum{stage="infer",{{ .match }}}[1m])), 0.001), {{ round (mulf .target 3) 3 }}) or 0 * sum by ({{ .by }}) (rembg_inference_queue_length{ {{- .match -}} })
{{- end -}}

{{/* Every gateway shows the length of the one queue in Redis. */}}
{{- define "rembg.query.backlog" -}}
max(rembg_tasks_queued{ {{- .match -}} })
{{- end -}}
