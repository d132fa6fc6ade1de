{{- define "backsmith.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* 54 characters leave room for "-gateway" and "-worker" in a name of at most 63. */}}
{{- define "backsmith.fullname" -}}
{{- $name := include "backsmith.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 54 | trimSuffix "-" }}
{{- end }}

{{- define "backsmith.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "backsmith.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Every component template is called with (dict "root" $ "component" "gateway"). */}}
{{- define "backsmith.selectorLabels" -}}
app.kubernetes.io/name: {{ include "backsmith.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "backsmith.labels" -}}
{{ include "backsmith.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "backsmith.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{/* 10001 is the user that deploy/Dockerfile makes. */}}
{{- define "backsmith.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
{{- end }}

{{/* The part of a container's hardening that no value can weaken. */}}
{{- define "backsmith.securityContext" -}}
runAsNonRoot: true
runAsUser: 10001
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
{{- end }}

{{- define "backsmith.env" -}}
- name: BACKSMITH_HOME
  value: /var/lib/backsmith
- name: HOME
  value: /var/lib/backsmith
{{- range $name, $value := .Values.env }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $key := .Values.secrets.required }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.secrets.existingSecret }}
      key: {{ $key }}
{{- end }}
{{- range $name, $key := .Values.secrets.optional }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.secrets.existingSecret }}
      key: {{ $key }}
      optional: true
{{- end }}
{{- end }}

{{- define "backsmith.podMetadata" -}}
labels:
  {{- include "backsmith.labels" . | nindent 2 }}
annotations:
  checksum/config: {{ .root.Values.backsmithToml | sha256sum }}
  {{- with (index .root.Values .component).podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* backsmith.toml is read from the working directory. */}}
{{- define "backsmith.volumeMounts" -}}
- name: config
  mountPath: /etc/backsmith
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: home
  mountPath: /var/lib/backsmith
{{- with (index .root.Values .component).extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "backsmith.volumes" -}}
{{- $values := index .root.Values .component -}}
- name: config
  configMap:
    name: {{ include "backsmith.fullname" .root }}
- name: tmp
  emptyDir:
    sizeLimit: {{ $values.volumes.tmpSize }}
- name: home
  emptyDir:
    sizeLimit: {{ $values.volumes.homeSize }}
{{- with $values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What a pod of either component says about itself, apart from its container. */}}
{{- define "backsmith.podSettings" -}}
{{- $values := index .root.Values .component -}}
serviceAccountName: {{ include "backsmith.serviceAccountName" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 60
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- $own := dict "labelSelector" (dict "matchLabels" (include "backsmith.selectorLabels" $ | fromYaml)) }}
  {{- range . }}
  - {{- toYaml (merge (deepCopy .) $own) | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Called with the port's name. Liveness never depends on a neighbour; readiness may. */}}
{{- define "backsmith.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: {{ . }}}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: {{ . }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: {{ . }}}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}
