{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}
{{- with .Values.standalone.persistence -}}
{{- if and .enabled (not $.Values.cluster.enabled) (not .persistentVolumeClaim.existingClaim) -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "milvus.identity" (list $ (include "milvus.fullname" $)) | nindent 2 }}
  labels:
    {{- include "milvus.objectLabels" $ | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .persistentVolumeClaim }}
  accessModes: [{{ .accessModes }}]
  {{- with .storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .size }}
  {{- end }}
{{- end }}
{{- end }}
