{{/* What the pods of both services have in common. */}}

{{- define "rembg.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "rembg.serviceAccount" . }}
serviceAccountName: {{ . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1654
  runAsGroup: 1654
  fsGroup: 1654
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "rembg.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* Pods apart from each other, by host and by zone, as far as the cluster can, unless the values say otherwise. .pod: the component's values */}}
{{- define "rembg.scheduling" -}}
topologySpreadConstraints:
  {{- with .pod.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "rembg.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
  {{- end }}
{{- with .pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* .tolerations: those of the values */}}
{{- define "rembg.tolerations" -}}
tolerations:
  {{- range list "unreachable" "not-ready" }}
  - {key: node.kubernetes.io/{{ . }}, operator: Exists, effect: NoExecute, tolerationSeconds: {{ $.root.Values.nodeLostSeconds }}}
  {{- end }}
  {{- with .tolerations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* A variable that the chart sets from a value cannot be set a second time: the API server would refuse it, or one of the two would win. */}}
{{- define "rembg.ownSettings" -}}
{{- $own := concat .own (list "Service__Port" "Service__ManagementPort" "Service__DrainSeconds") }}
{{- range $own }}
{{- if hasKey $.pod.settings . }}{{ fail (printf "%s.settings.%s: the chart sets it from a value of its own, change that" $.of .) }}{{ end }}
{{- end }}
{{- range .pod.extraEnv }}
{{- if has .name $own }}{{ fail (printf "%s.extraEnv: the chart sets %s from a value of its own, change that" $.of .name) }}{{ end }}
{{- if hasKey $.pod.settings .name }}{{ fail (printf "%s.extraEnv: %s is in %s.settings too" $.of .name $.of) }}{{ end }}
{{- end }}
{{- end -}}

{{/* Environment of both services. .pod: the component's values, .port: of the service; management is 80 above it */}}
{{- define "rembg.environment" -}}
- {name: Service__Port, value: {{ .port | quote }}}
- {name: Service__ManagementPort, value: {{ add .port 80 | quote }}}
- {name: Service__DrainSeconds, value: {{ .pod.drainSeconds | quote }}}
- {name: Logging__Console__FormatterName, value: json}
# Scopes carry the trace's id.
- {name: Logging__Console__FormatterOptions__IncludeScopes, value: "true"}
{{- with .root.Values.tracing }}
{{- if .endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .endpoint | quote }}}
- {name: OTEL_TRACES_SAMPLER, value: parentbased_traceidratio}
- {name: OTEL_TRACES_SAMPLER_ARG, value: {{ .sampleRatio | quote }}}
{{- end }}
{{- end }}
{{- range $name, $value := .pod.settings }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- with .pod.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* .image: its values, .tag: what names it without a digest. With a digest the tag is for people only. */}}
{{- define "rembg.image" -}}
{{ with (.root.Values.global | default dict).imageRegistry }}{{ trimSuffix "/" . }}/{{ end }}{{ .image.repository }}:{{ .tag }}{{ with .image.digest }}@{{ . }}{{ end }}
{{- end -}}

{{/* NetworkPolicy egress: names, and the collector of traces. */}}
{{- define "rembg.egressToDns" -}}
- to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end -}}

{{- define "rembg.egressToTracing" -}}
- to:
    {{- toYaml .Values.networkPolicy.tracing | nindent 4 }}
  ports:
    - {port: {{ (urlParse .Values.tracing.endpoint).host | splitList ":" | last | int }}, protocol: TCP}
{{- end -}}

{{/* Ports, probes and a stop that waits until nobody sends any more. .startup: path and seconds */}}
{{- define "rembg.lifecycle" -}}
ports:
  - {name: http, containerPort: {{ .port }}}
  - {name: management, containerPort: {{ add .port 80 }}}
startupProbe:
  httpGet: {path: {{ .startupPath }}, port: management}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: {{ div .startupSeconds 2 }}
readinessProbe:
  httpGet: {path: /readyz, port: management}
  periodSeconds: 3
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /livez, port: management}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
lifecycle:
  preStop: {sleep: {seconds: {{ .root.Values.preStopSeconds }}}}
{{- end -}}

{{- define "rembg.gracePeriod" -}}
{{ add .root.Values.preStopSeconds .pod.drainSeconds 5 }}
{{- end -}}
