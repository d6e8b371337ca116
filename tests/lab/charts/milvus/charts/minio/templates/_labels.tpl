{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors

MinIO and Pulsar keep the older label scheme: app.kubernetes.io/instance finds none of their pods.
*/ -}}

{{- define "minio.selector" -}}
app: {{ include "milvus.name" . }}
release: {{ .Release.Name }}
{{- end -}}

{{- define "minio.labels" -}}
{{ include "minio.selector" . }}
chart: {{ include "milvus.chartLabel" . }}
heritage: {{ .Release.Service }}
{{- end -}}
