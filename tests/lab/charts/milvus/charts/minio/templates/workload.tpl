{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}
{{- $name := include "milvus.fullname" . -}}
{{- $distributed := eq .Values.mode "distributed" -}}
{{- $perZone := int .Values.replicas -}}
{{- $drives := list -}}
{{- range $zone := until (int .Values.zones) -}}
{{- $pods := printf "%s-{%d...%d}" $name (mul $zone $perZone) (sub (add (mul $zone $perZone) $perZone) 1) -}}
{{- $drives = append $drives (printf "http://%s.%s-svc.%s.svc.%s/export" $pods $name $.Release.Namespace $.Values.clusterDomain) -}}
{{- end -}}
apiVersion: apps/v1
kind: {{ $distributed | ternary "StatefulSet" "Deployment" }}
metadata:
  name: {{ $name }}
  labels:
    {{- include "minio.labels" . | nindent 4 }}
spec:
  {{- if $distributed }}
  replicas: {{ mul .Values.zones $perZone }}
  serviceName: {{ $name }}-svc
  podManagementPolicy: Parallel
  updateStrategy:
    type: RollingUpdate
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 100%, maxUnavailable: 0}
  {{- end }}
  selector:
    matchLabels:
      {{- include "minio.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "minio.selector" . | nindent 8 }}
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/config.tpl") . | sha256sum }}
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ $name }}
      securityContext: {runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000}
      containers:
        - name: minio
          image: {{ .Values.image.repository }}:{{ .Values.image.tag }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          args:
            - server
            {{- range ternary $drives (list "/export") $distributed }}
            - {{ . | quote }}
            {{- end }}
          env:
            {{- range $key := list "access" "secret" }}
            - name: MINIO_{{ upper $key }}_KEY
              valueFrom:
                secretKeyRef: {name: {{ $.Values.existingSecret | default $name }}, key: {{ $key }}key}
            {{- end }}
          ports:
            - {name: http, containerPort: 9000}
          {{- range $probe := list "livenessProbe" "readinessProbe" "startupProbe" }}
          {{- with index $.Values $probe }}
          {{- if .enabled }}
          {{ $probe }}:
            {{- if eq $probe "livenessProbe" }}
            httpGet: {path: /minio/health/live, port: http}
            {{- else }}
            tcpSocket: {port: http}
            {{- end }}
            {{- omit . "enabled" | toYaml | nindent 12 }}
          {{- end }}
          {{- end }}
          {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            - {name: export, mountPath: /export}
      {{- if not (and $distributed .Values.persistence.enabled) }}
      volumes:
        - name: export
          {{- if .Values.persistence.enabled }}
          persistentVolumeClaim: {claimName: {{ .Values.persistence.existingClaim | default $name }}}
          {{- else }}
          emptyDir: {}
          {{- end }}
      {{- end }}
  {{- with .Values.persistence }}
  {{- if and $distributed .enabled }}
  volumeClaimTemplates:
    {{- include "milvus.claim" (list "export" .size .storageClass) | nindent 4 }}
  {{- end }}
  {{- end }}
{{- with .Values.persistence }}
{{- if and .enabled (not $distributed) (not .existingClaim) }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ $name }}
  annotations:
    helm.sh/resource-policy: keep
  labels:
    {{- include "minio.labels" $ | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with .storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .size }}
{{- end }}
{{- end }}
