{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}
{{- $name := include "milvus.fullname" . -}}
{{- $domain := printf "%s-headless.%s.svc.%s" $name .Release.Namespace .Values.clusterDomain -}}
{{- $client := int .Values.service.port -}}
{{- $peer := int .Values.service.peerPort -}}
{{- $members := list -}}
{{- range $i := until (int .Values.replicaCount) -}}
{{- $members = append $members (printf "%s-%d=http://%s-%d.%s:%d" $name $i $name $i $domain $peer) -}}
{{- end -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "milvus.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicaCount }}
  serviceName: {{ $name }}-headless
  podManagementPolicy: Parallel
  updateStrategy:
    type: RollingUpdate
  selector:
    matchLabels:
      {{- include "milvus.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "milvus.labels" . | nindent 8 }}
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 1
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels:
                    {{- include "milvus.selector" . | nindent 20 }}
      securityContext:
        fsGroup: 1001
      serviceAccountName: default
      containers:
        - name: etcd
          image: {{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          securityContext:
            runAsNonRoot: true
            runAsUser: 1001
          env:
            - name: MY_POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            - {name: ETCDCTL_API, value: "3"}
            - {name: ETCD_ON_K8S, value: "yes"}
            - {name: ALLOW_NONE_AUTHENTICATION, value: "yes"}
            - {name: ETCD_NAME, value: $(MY_POD_NAME)}
            - {name: ETCD_DATA_DIR, value: /bitnami/etcd/data}
            - {name: ETCD_LOG_LEVEL, value: info}
            - {name: ETCD_LISTEN_CLIENT_URLS, value: "http://0.0.0.0:{{ $client }}"}
            - {name: ETCD_LISTEN_PEER_URLS, value: "http://0.0.0.0:{{ $peer }}"}
            - {name: ETCD_ADVERTISE_CLIENT_URLS, value: "http://$(MY_POD_NAME).{{ $domain }}:{{ $client }}"}
            - {name: ETCD_INITIAL_ADVERTISE_PEER_URLS, value: "http://$(MY_POD_NAME).{{ $domain }}:{{ $peer }}"}
            - {name: ETCD_INITIAL_CLUSTER_TOKEN, value: etcd-cluster-k8s}
            - name: ETCD_INITIAL_CLUSTER_STATE
              value: {{ .Values.initialClusterState | default (ternary "new" "existing" .Release.IsInstall) }}
            - {name: ETCD_INITIAL_CLUSTER, value: "{{ join "," $members }}"}
            - {name: ETCD_CLUSTER_DOMAIN, value: {{ $domain }}}
            {{- with .Values.autoCompactionMode }}
            - {name: ETCD_AUTO_COMPACTION_MODE, value: {{ . }}}
            {{- end }}
            {{- with .Values.autoCompactionRetention }}
            - {name: ETCD_AUTO_COMPACTION_RETENTION, value: {{ . | quote }}}
            {{- end }}
            {{- with .Values.extraEnvVars }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - {name: client, containerPort: {{ $client }}}
            - {name: peer, containerPort: {{ $peer }}}
          {{- range $probe := list "livenessProbe" "readinessProbe" }}
          {{- with index $.Values $probe }}
          {{- if .enabled }}
          {{ $probe }}:
            exec:
              command: [/opt/bitnami/scripts/etcd/healthcheck.sh]
            {{- omit . "enabled" | toYaml | nindent 12 }}
          {{- end }}
          {{- end }}
          {{- end }}
          {{- if and (gt (int .Values.replicaCount) 1) .Values.removeMemberOnContainerTermination }}
          lifecycle:
            preStop:
              exec:
                command: [/opt/bitnami/scripts/etcd/prestop.sh]
          {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /bitnami/etcd}
      {{- if not .Values.persistence.enabled }}
      volumes:
        - name: data
          emptyDir: {}
      {{- end }}
  {{- if .Values.persistence.enabled }}
  volumeClaimTemplates:
    {{- include "milvus.claim" (list "data" .Values.persistence.size .Values.persistence.storageClass) | nindent 4 }}
  {{- end }}
