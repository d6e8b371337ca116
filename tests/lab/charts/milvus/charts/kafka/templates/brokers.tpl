{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors

Kafka and its ZooKeeper differ in names, ports and environment only.
*/ -}}
{{- $kafka := include "milvus.fullname" . -}}
{{- $zookeeper := include "milvus.scopedName" (list . "zookeeper") -}}
{{- $member := "$(MY_POD_NAME)" -}}
{{- $listener := printf "://%s.%s-headless.%s.svc.%s" $member $kafka .Release.Namespace .Values.clusterDomain -}}
{{- $client := int .Values.service.ports.client -}}
{{- $rows := list (dict
      "role" "kafka" "name" $kafka "values" .Values
      "ports" (dict "client" $client "internal" 9093)
      "env" (dict
        "KAFKA_CFG_ZOOKEEPER_CONNECT" $zookeeper
        "KAFKA_INTER_BROKER_LISTENER_NAME" "INTERNAL"
        "KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP" "INTERNAL:PLAINTEXT,CLIENT:PLAINTEXT"
        "KAFKA_CFG_LISTENERS" (printf "INTERNAL://:9093,CLIENT://:%d" $client)
        "KAFKA_CFG_ADVERTISED_LISTENERS" (printf "INTERNAL%s:9093,CLIENT%s:%d" $listener $listener $client)
        "ALLOW_PLAINTEXT_LISTENER" "yes")) -}}
{{- if .Values.zookeeper.enabled -}}
{{- $rows = append $rows (dict
      "role" "zookeeper" "name" $zookeeper "values" .Values.zookeeper
      "ports" (dict "client" 2181 "follower" 2888 "election" 3888)
      "env" (dict "ZOO_PORT_NUMBER" "2181" "ALLOW_ANONYMOUS_LOGIN" "yes")) -}}
{{- end -}}
{{- range $row := $rows -}}
{{- $selector := dict
      "app.kubernetes.io/name" $row.role
      "app.kubernetes.io/instance" $.Release.Name
      "app.kubernetes.io/component" $row.role -}}
{{- $labels := merge (dict
      "helm.sh/chart" (include "milvus.chartLabel" $)
      "app.kubernetes.io/managed-by" $.Release.Service) $selector -}}
{{- range $headless := list false true }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $row.name }}{{ if $headless }}-headless{{ end }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- toYaml $labels | nindent 4 }}
spec:
  type: {{ $headless | ternary "ClusterIP" $row.values.service.type }}
  {{- if $headless }}
  clusterIP: None
  publishNotReadyAddresses: true
  {{- end }}
  ports:
    {{- range $port, $number := $row.ports }}
    - {name: tcp-{{ $port }}, port: {{ $number }}, targetPort: {{ $port }}}
    {{- end }}
  selector:
    {{- toYaml $selector | nindent 4 }}
{{- end }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $row.name }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- toYaml $labels | nindent 4 }}
spec:
  replicas: {{ $row.values.replicaCount }}
  serviceName: {{ $row.name }}-headless
  podManagementPolicy: Parallel
  updateStrategy:
    type: RollingUpdate
  selector:
    matchLabels:
      {{- toYaml $selector | nindent 6 }}
  template:
    metadata:
      labels:
        {{- toYaml $labels | nindent 8 }}
      {{- with $row.values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- with $row.values.terminationGracePeriodSeconds }}
      terminationGracePeriodSeconds: {{ . }}
      {{- end }}
      securityContext: {fsGroup: 1001}
      containers:
        - name: {{ $row.role }}
          {{- with $row.values.image }}
          image: {{ .registry }}/{{ .repository }}:{{ .tag }}
          imagePullPolicy: {{ .pullPolicy }}
          {{- end }}
          env:
            - name: MY_POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            {{- range $variable, $value := $row.env }}
            - {name: {{ $variable }}, value: {{ $value | quote }}}
            {{- end }}
            {{- with $row.values.extraEnvVars }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            {{- range $port, $number := $row.ports }}
            - {name: {{ $port }}, containerPort: {{ $number }}}
            {{- end }}
          readinessProbe:
            tcpSocket: {port: client}
            {{- toYaml $row.values.readinessProbe | nindent 12 }}
          resources:
            {{- toYaml $row.values.resources | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /bitnami/{{ $row.role }}}
      {{- with $row.values.persistence }}
      {{- if not .enabled }}
      volumes:
        - name: data
          emptyDir: {}
      {{- end }}
  {{- if .enabled }}
  volumeClaimTemplates:
    {{- include "milvus.claim" (list "data" .size .storageClass) | nindent 4 }}
  {{- end }}
      {{- end }}
{{- end }}
