{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}
{{- range $headless := list false true }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "milvus.fullname" $ }}{{ if $headless }}-headless{{ end }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "milvus.labels" $ | nindent 4 }}
spec:
  type: {{ if $headless }}ClusterIP{{ else }}{{ $.Values.service.type }}{{ end }}
  {{- if $headless }}
  clusterIP: None
  publishNotReadyAddresses: true
  {{- end }}
  ports:
    - {name: client, port: {{ $.Values.service.port }}, targetPort: client}
    - {name: peer, port: {{ $.Values.service.peerPort }}, targetPort: peer}
  selector:
    {{- include "milvus.selector" $ | nindent 4 }}
{{- end }}
