{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors

Plain Jobs, no hooks: they are in the manifest of an install only, so the first upgrade deletes them.
*/ -}}
{{- if or .Release.IsInstall .Values.initialize -}}
{{- $cluster := include "milvus.fullname" . -}}
{{- range $job, $image := dict "bookie-init" .Values.images.bookie "pulsar-init" .Values.images.broker }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $cluster }}-{{ $job }}
  namespace: {{ $.Release.Namespace }}
  labels:
    component: {{ $job }}
    {{- include "pulsar.labels" $ | nindent 4 }}
spec:
  template:
    spec:
      restartPolicy: OnFailure
      containers:
        - name: {{ $cluster }}-{{ $job }}
          image: {{ $image.repository }}:{{ $image.tag }}
          imagePullPolicy: {{ $image.pullPolicy }}
          args: [bin/pulsar, {{ $job }}]
          envFrom:
            - configMapRef: {name: {{ $cluster }}-bookie}
{{- end }}
{{- end }}
