{{/* Every template below takes the root as .root and, where it matters, the component's name as .component. */}}

{{- define "rembg.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "rembg.selector" -}}
app.kubernetes.io/name: rembg-platform
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "rembg.labels" -}}
{{ include "rembg.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
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
