{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}
{{- $fullname := include "milvus.fullname" . -}}
{{- $checksum := include (print .Template.BasePath "/configmap.tpl") . | sha256sum -}}
{{- $groups := include "milvus.resourceGroups" . | fromJsonArray | default (list "") -}}
{{- $logs := .Values.log.persistence -}}
{{- range $key, $row := include "milvus.rendered" . | fromYaml -}}
{{- $values := index $.Values $key -}}
{{- $strategy := $values.strategy -}}
{{- if or $row.standalone (and $row.coordinator (not $values.activeStandby.enabled)) -}}
{{- $strategy = dict "type" "Recreate" -}}
{{- end -}}
{{- $scratch := dict "tools" "/milvus/tools" -}}
{{- if and $row.disk $values.disk.enabled -}}
{{- $_ := set $scratch "disk" "/var/lib/milvus/data" -}}
{{- end -}}
{{- if and $row.wal $.Values.woodpecker.enabled -}}
{{- $_ := set $scratch "woodpecker" "/var/lib/milvus" -}}
{{- end -}}
{{- range $group := ternary $groups (list "") (hasKey $row "groups") -}}
{{- $selector := merge (dict "component" $row.name) (include "milvus.selector" $ | fromYaml) -}}
{{- if $group -}}
{{- $_ := set $selector "milvus.io/resource-group" $group -}}
{{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "milvus.identity" (list $ (compact (list $fullname $row.name $group) | join "-")) | nindent 2 }}
  labels:
    {{- include "milvus.objectLabels" $ | fromYaml | merge (dict) $selector ($.Values.labels | default dict) | toYaml | nindent 4 }}
  {{- with $.Values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if $row.standalone }}
  replicas: 1
  {{- else if ge (int $values.replicas) 0 }}
  replicas: {{ $values.replicas }}
  {{- end }}
  {{- with $strategy }}
  strategy:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  selector:
    matchLabels:
      {{- toYaml $selector | nindent 6 }}
  template:
    metadata:
      labels:
        {{- merge (dict) $selector ($.Values.labels | default dict) | toYaml | nindent 8 }}
      annotations:
        checksum/config: {{ $checksum }}
        {{- range list $values.annotations $.Values.annotations }}
        {{- with . }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- end }}
    spec:
      serviceAccountName: default
      {{- with include "milvus.placement" (list $ $values) | trim }}
      {{- nindent 6 . }}
      {{- end }}
      {{- with $.Values.image.tools }}
      initContainers:
        - name: config
          image: {{ .repository }}:{{ .tag }}
          imagePullPolicy: {{ .pullPolicy }}
          command: [/cp, "/run-helm.sh,/merge", "/milvus/tools/run-helm.sh,/milvus/tools/merge"]
          volumeMounts:
            - {name: tools, mountPath: /milvus/tools}
      {{- end }}
      containers:
        - name: {{ $row.name }}
          image: {{ $.Values.image.all.repository }}:{{ $.Values.image.all.tag }}
          imagePullPolicy: {{ $.Values.image.all.pullPolicy }}
          args:
            {{- if $.Values.image.tools }}
            - /milvus/tools/run-helm.sh
            {{- end }}
            {{- concat (list "milvus" "run") ($row.run | default (list $row.name)) | toYaml | nindent 12 }}
          env:
            {{- if $group }}
            - {name: MILVUS_SERVER_LABEL_RESOURCE_GROUP, value: {{ $group | quote }}}
            {{- end }}
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            {{- range $port, $number := $row.port }}
            - {name: {{ $port }}, containerPort: {{ $number }}}
            {{- end }}
            - {name: metrics, containerPort: 9091}
          {{- with include "milvus.probes" $ | trim }}
          {{- nindent 10 . }}
          {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            {{- range $file := list "default.yaml" "user.yaml" }}
            - {name: milvus-config, mountPath: /milvus/configs/{{ $file }}, subPath: {{ $file }}, readOnly: true}
            {{- end }}
            {{- range $volume, $path := $scratch }}
            - {name: {{ $volume }}, mountPath: {{ $path }}}
            {{- end }}
            {{- if $row.standalone }}
            - {name: milvus-data-disk, mountPath: {{ $values.persistence.mountPath }}}
            {{- end }}
            {{- if $logs.enabled }}
            - name: milvus-logs-disk
              mountPath: {{ $logs.mountPath }}
              subPath: {{ $logs.persistentVolumeClaim.subPath | quote }}
            {{- end }}
      volumes:
        - name: milvus-config
          configMap: {name: {{ $fullname }}}
        {{- range $volume, $path := $scratch }}
        - {name: {{ $volume }}, emptyDir: {}}
        {{- end }}
        {{- if $row.standalone }}
        - name: milvus-data-disk
          {{- if $values.persistence.enabled }}
          persistentVolumeClaim:
            claimName: {{ $values.persistence.persistentVolumeClaim.existingClaim | default ($fullname | trunc 58) }}
          {{- else }}
          emptyDir: {}
          {{- end }}
        {{- end }}
        {{- if $logs.enabled }}
        - name: milvus-logs-disk
          persistentVolumeClaim:
            claimName: {{ $logs.persistentVolumeClaim.existingClaim | default (printf "%s-logs" ($fullname | trunc 58)) }}
        {{- end }}
{{- end }}
{{- end }}
