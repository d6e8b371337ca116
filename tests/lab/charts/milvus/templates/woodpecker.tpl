{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors

Woodpecker as a service of its own; embedded in the streaming nodes it has no objects.
*/ -}}
{{- if include "milvus.woodpeckerService" . -}}
{{- $name := printf "%s-woodpecker" (include "milvus.fullname" .) -}}
{{- $ports := dict "service" .Values.woodpecker.ports.service "gossip" .Values.woodpecker.ports.gossip "metrics" 9091 -}}
{{- with .Values.woodpecker -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}-headless
  namespace: {{ $.Release.Namespace }}
  labels:
    component: woodpecker
    {{- include "milvus.objectLabels" $ | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  ports:
    {{- range $port, $number := $ports }}
    - {name: {{ $port }}, port: {{ $number }}, targetPort: {{ $port }}}
    {{- end }}
  selector:
    component: woodpecker
    {{- include "milvus.selector" $ | nindent 4 }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}
  namespace: {{ $.Release.Namespace }}
  labels:
    component: woodpecker
    {{- include "milvus.objectLabels" $ | nindent 4 }}
spec:
  replicas: {{ .replicaCount }}
  serviceName: {{ $name }}-headless
  podManagementPolicy: {{ .podManagementPolicy }}
  selector:
    matchLabels:
      component: woodpecker
      {{- include "milvus.selector" $ | nindent 6 }}
  template:
    metadata:
      labels:
        component: woodpecker
        {{- include "milvus.selector" $ | nindent 8 }}
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/configmap.tpl") $ | sha256sum }}
        {{- with .podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- with include "milvus.placement" (list $ .) | trim }}
      {{- nindent 6 . }}
      {{- end }}
      containers:
        - name: woodpecker
          image: {{ .image.repository }}:{{ .image.tag }}
          imagePullPolicy: {{ .image.pullPolicy }}
          env:
            - {name: SERVICE_SEEDS, value: {{ include "milvus.woodpeckerSeeds" $ | quote }}}
            - {name: RESOURCE_GROUP, value: {{ .resourceGroup }}}
            {{- with .extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            {{- range $port, $number := $ports }}
            - {name: {{ $port }}, containerPort: {{ $number }}}
            {{- end }}
          {{- with include "milvus.probes" $ | trim }}
          {{- nindent 10 . }}
          {{- end }}
          resources:
            {{- toYaml .resources | nindent 12 }}
          volumeMounts:
            - {name: woodpecker-storage, mountPath: /woodpecker/data}
            {{- range $file := list "default.yaml" "user.yaml" }}
            - {name: woodpecker-config, mountPath: /woodpecker/configs/{{ $file }}, subPath: {{ $file }}, readOnly: true}
            {{- end }}
      volumes:
        - name: woodpecker-config
          configMap: {name: {{ include "milvus.fullname" $ }}}
        {{- if not .persistence.enabled }}
        - {name: woodpecker-storage, emptyDir: {}}
        {{- end }}
  {{- with .persistence }}
  {{- if .enabled }}
  volumeClaimTemplates:
    {{- include "milvus.claim" (list "woodpecker-storage" .size .storageClass) | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
