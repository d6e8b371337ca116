{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}
{{- $cluster := include "milvus.fullname" . -}}
{{- /* Pulsar 2 gives a service account to its broker alone. */ -}}
{{- $accounts := eq .Chart.Name "pulsarv3" -}}
{{- range $component, $row := include "pulsar.components" . | fromYaml -}}
{{- if index $.Values.components $row.values -}}
{{- $values := index $.Values $row.values -}}
{{- $image := index $.Values.images $row.image -}}
{{- $name := printf "%s-%s" $cluster $component -}}
{{- $account := printf "%s-%s" $cluster ($row.account | default $component) -}}
{{- if or $accounts $row.account }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $account }}
  namespace: {{ $.Release.Namespace }}
  labels:
    component: {{ $component }}
    {{- include "pulsar.labels" $ | nindent 4 }}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  namespace: {{ $.Release.Namespace }}
  labels:
    component: {{ $component }}
    {{- include "pulsar.labels" $ | nindent 4 }}
data:
  clusterName: {{ $cluster }}
  {{- with $values.configData }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  namespace: {{ $.Release.Namespace }}
  labels:
    component: {{ $component }}
    {{- include "pulsar.labels" $ | nindent 4 }}
spec:
  {{- if $values.service }}
  type: {{ $values.service.type }}
  {{- else }}
  clusterIP: None
  publishNotReadyAddresses: {{ hasKey $row "volumes" }}
  {{- end }}
  ports:
    {{- range $port, $number := $row.ports }}
    - {name: {{ $port }}, port: {{ index ($values.ports | default dict) $port | default $number }}, targetPort: {{ $port }}}
    {{- end }}
  selector:
    component: {{ $component }}
    {{- include "pulsar.selector" $ | nindent 4 }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}
  namespace: {{ $.Release.Namespace }}
  labels:
    component: {{ $component }}
    {{- include "pulsar.labels" $ | nindent 4 }}
spec:
  replicas: {{ $values.replicaCount }}
  serviceName: {{ $name }}
  podManagementPolicy: {{ $values.podManagementPolicy | default "Parallel" }}
  updateStrategy:
    type: RollingUpdate
  selector:
    matchLabels:
      component: {{ $component }}
      {{- include "pulsar.selector" $ | nindent 6 }}
  template:
    metadata:
      labels:
        component: {{ $component }}
        {{- include "pulsar.podLabels" $ | nindent 8 }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: {{ $row.ports.http | quote }}
        {{- with $values.annotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- if or $accounts $row.account }}
      serviceAccountName: {{ $account }}
      {{- end }}
      terminationGracePeriodSeconds: 30
      containers:
        - name: {{ $name }}
          image: {{ $image.repository }}:{{ $image.tag }}
          imagePullPolicy: {{ $image.pullPolicy }}
          args: [bin/pulsar, {{ $component }}]
          envFrom:
            - configMapRef: {name: {{ $name }}}
          ports:
            {{- range $port, $number := $row.ports }}
            - {name: {{ $port }}, containerPort: {{ $number }}}
            {{- end }}
          readinessProbe:
            tcpSocket: {port: http}
            initialDelaySeconds: 30
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 10
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          {{- with $row.volumes }}
          volumeMounts:
            {{- range $volume, $path := . }}
            - {name: {{ $name }}-{{ (index $values.volumes $volume).name }}, mountPath: {{ $path }}}
            {{- end }}
          {{- end }}
      {{- if and $row.volumes (not $.Values.persistence) }}
      volumes:
        {{- range $volume, $path := $row.volumes }}
        - name: {{ $name }}-{{ (index $values.volumes $volume).name }}
          emptyDir: {}
        {{- end }}
      {{- end }}
  {{- if and $row.volumes $.Values.persistence }}
  volumeClaimTemplates:
    {{- range $volume, $path := $row.volumes }}
    {{- with index $values.volumes $volume }}
    {{- include "milvus.claim" (list (printf "%s-%s" $name .name) .size .storageClassName) | nindent 4 }}
    {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
{{- end }}
