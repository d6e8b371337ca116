{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "milvus.fullname" . }}
  labels:
    {{- include "minio.labels" . | nindent 4 }}
spec:
  type: {{ .Values.service.type }}
  ports:
    - {name: http, port: {{ .Values.service.port }}, targetPort: 9000}
  selector:
    {{- include "minio.selector" . | nindent 4 }}
{{- if eq .Values.mode "distributed" }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "milvus.fullname" . }}-svc
  labels:
    {{- include "minio.labels" . | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  ports:
    - {name: http, port: {{ .Values.service.port }}}
  selector:
    {{- include "minio.selector" . | nindent 4 }}
{{- end }}
