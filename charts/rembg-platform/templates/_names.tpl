{{/* Every template below takes the root as .root and, where it matters, the component's name as .component. */}}

{{/* Services must be named as RFC 1035 says: no dots, a letter first; releases need not. */}}
{{- define "rembg.fullname" -}}
{{- $name := .Values.fullnameOverride | default .Release.Name | replace "." "-" -}}
{{- regexReplaceAll "^([0-9])" $name "rembg-${1}" | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "rembg.selector" -}}
app.kubernetes.io/name: rembg-platform
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
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

{{- define "rembg.redisSecret" -}}
{{- .Values.redis.existingSecret | default (printf "%s-redis" (include "rembg.fullname" .)) -}}
{{- end -}}
