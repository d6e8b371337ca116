{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors

Every Milvus pod carries the checksum of this file as rendered: a change in it restarts them all.
*/ -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "milvus.identity" (list . (include "milvus.fullname" .)) | nindent 2 }}
data:
  default.yaml: |
    {{- include "milvus.config" . | nindent 4 }}
{{- range $file, $content := .Values.extraConfigFiles }}
  {{ $file }}: |
    {{- $content | nindent 4 }}
{{- end }}
