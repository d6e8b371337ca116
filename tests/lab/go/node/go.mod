module github.com/milvus-cluster/lab-node

go 1.26
