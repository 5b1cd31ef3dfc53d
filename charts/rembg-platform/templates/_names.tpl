{{/* Every template below takes the root as .root and, where it matters, the component's name as .component. */}}

{{/* Services must be named as RFC 1035 says: no dots, a letter first; releases need not. */}}
{{- define "rembg.fullname" -}}
{{- $release := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (eq .Chart.Name "rembg-platform") -}}
{{- $name := .Values.fullnameOverride | default $release | replace "." "-" -}}
{{- regexReplaceAll "^([0-9])" $name "rembg-${1}" | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Under an alias the chart's name is the alias: two in one umbrella chart do not select each other's pods. */}}
{{- define "rembg.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Of pods: nothing that changes with the chart's version, or each of its releases would restart them. */}}
{{- define "rembg.podLabels" -}}
{{ include "rembg.selector" . }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- with (.pod | default dict).podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "rembg.labels" -}}
{{ include "rembg.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | replace "+" "_" | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* metadata of an object: .name is added to the release's name */}}
{{- define "rembg.metadata" -}}
name: {{ include "rembg.fullname" .root }}{{ with .name }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "rembg.labels" . | nindent 2 }}
{{- end -}}

{{/* Of the services and the tests. Nothing here talks to the API server: an account is for what a cluster ties to it (image pulls, workload identity). */}}
{{- define "rembg.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "rembg.fullname" .) }}{{ else }}{{ .Values.serviceAccount.name }}{{ end -}}
{{- end -}}

{{- define "rembg.redisSecret" -}}
{{- .Values.redis.existingSecret | default (printf "%s-redis" (include "rembg.fullname" .)) -}}
{{- end -}}

{{/* Whether Helm talks to a cluster: "helm template", and Argo CD by it, find nothing there, nor does an installation that creates its
namespace. Every namespace has this account, and who installs may usually read it; a Namespace itself, often not, which would be an error. */}}
{{- define "rembg.seesCluster" -}}
{{- if lookup "v1" "ServiceAccount" .Release.Namespace "default" }}true{{ end -}}
{{- end -}}

{{/* The autoscaler decides, but Kubernetes' default until it does is one pod: what runs is kept, and a first installation begins with the least.
.name: of the Deployment, .pod: the component's values */}}
{{- define "rembg.replicas" -}}
{{- if eq .root.Values.autoscaling.mode "none" -}}
replicas: {{ .pod.replicas }}
{{- else if include "rembg.seesCluster" .root -}}
{{- $live := lookup "apps/v1" "Deployment" .root.Release.Namespace .name | default dict -}}
replicas: {{ dig "spec" "replicas" .pod.autoscaling.minReplicas $live }}
{{- end -}}
{{- end -}}

{{/* base64 of the password that the chart makes: the one in use, or one made once for all templates of this rendering */}}
{{- define "rembg.redisPassword" -}}
{{- if not (hasKey .Values.redis "madePassword") -}}
{{- $data := dig "data" dict (lookup "v1" "Secret" .Release.Namespace (include "rembg.redisSecret" .) | default dict) -}}
{{- $_ := set .Values.redis "madePassword" (get $data (.Values.redis.key | default "password") | default (randAlphaNum 32 | b64enc)) -}}
{{- end -}}
{{- .Values.redis.madePassword -}}
{{- end -}}

{{/* Both ends start anew when the password that the chart made has changed. Without a cluster it is another at each rendering, and would restart them each time. */}}
{{- define "rembg.redisChecksum" -}}
{{- if and (eq .Values.redis.mode "internal") (not .Values.redis.existingSecret) (include "rembg.seesCluster" .) -}}
checksum/redis-password: {{ include "rembg.redisPassword" . | sha256sum }}
{{- end -}}
{{- end -}}
