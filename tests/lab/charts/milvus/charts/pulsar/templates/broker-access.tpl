{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}
{{- if .Values.components.broker -}}
{{- $broker := printf "%s-broker" (include "milvus.fullname" .) -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $broker }}-role
  labels:
    {{- include "pulsar.labels" . | nindent 4 }}
rules:
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $broker }}-rolebinding
  labels:
    {{- include "pulsar.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $broker }}-role
subjects:
  - kind: ServiceAccount
    name: {{ $broker }}-acct
    namespace: {{ .Release.Namespace }}
{{- end }}
