{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors

What the pods' checksum annotations cover.
*/ -}}
{{- $name := include "milvus.fullname" . -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels:
    {{- include "minio.labels" . | nindent 4 }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  labels:
    {{- include "minio.labels" . | nindent 4 }}
data:
  mode: {{ .Values.mode }}
{{- if not .Values.existingSecret }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ $name }}
  labels:
    {{- include "minio.labels" . | nindent 4 }}
type: Opaque
data:
  accesskey: {{ .Values.accessKey | b64enc | quote }}
  secretkey: {{ .Values.secretKey | b64enc | quote }}
{{- end }}
